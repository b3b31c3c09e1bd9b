using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Puts objects into a queue, one message each.</summary>
[Cmdlet(VerbsCommunications.Send, "ShmMessage", SupportsShouldProcess = true)]
public sealed class SendShmMessageCommand : ShmCmdlet
{
    private ShmQueue _queue = null!;
    private MessageFormat _format = null!;
    private string _target = "";
    private bool _isOpened;

    [Parameter(Mandatory = true, Position = 0, HelpMessage = "A queue, or its name.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    public object Queue { get; set; } = null!;

    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, HelpMessage = "What to send.")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? InputObject { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(TypeNameCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    private TypeArgument? DataType => Understand(As, TypeArgument.Of);

    [Parameter]
    [ValidateRange(1, 100)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public int Depth { get; set; } = PowerShellCodec.DefaultDepth;

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public double? TimeoutSec { get; set; }

    private protected override void Begin()
    {
        _format = new MessageFormat(DataType, Depth);
        _queue = Require(
            Understand(Queue, QueueArgument.Of).Input, () => Understand(Queue, QueueArgument.Of).Open(out _isOpened));
        _target = $"{_queue}";
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!ShouldProcess(_target, "Send message"))
        {
            return;
        }

        Attempt(InputObject, () =>
        {
            var bytes = _format.Encode(InputObject, out var type);
            _queue.Put(bytes, type, Seconds(TimeoutSec), Cancellation);
        });
    }

    private protected override void Dispose(bool isDisposing)
    {
        if (_isOpened)
        {
            _queue.Dispose();
        }

        base.Dispose(isDisposing);
    }
}
