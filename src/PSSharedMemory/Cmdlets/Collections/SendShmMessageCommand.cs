using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Puts objects into a queue, one message each.</summary>
[Cmdlet(VerbsCommunications.Send, "ShmMessage", SupportsShouldProcess = true)]
public sealed class SendShmMessageCommand : ShmCmdlet
{
    private Lent<ShmQueue> _queue;
    private MessageFormat _format = null!;
    private string _target = "";

    [Parameter(Mandatory = true, Position = 0, HelpMessage = "A queue, or its name.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public object Queue { get; set; } = null!;

    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, HelpMessage = "What to send.")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? InputObject { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    private TypeArgument? DataType => Understand(As, TypeArgument.Of);

    [Parameter]
    [ValidateRange(1, 100)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int Depth { get; set; } = PowerShellCodec.DefaultDepth;

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    private protected override void Begin()
    {
        _format = new MessageFormat(DataType, Depth);
        var queue = Understand(Queue, QueueArgument.Of);
        _queue = Require(queue.Input, () => queue.Open());
        _target = $"{_queue.Value}";
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
            _queue.Value.Put(bytes, type, Seconds(TimeoutSec), Cancellation);
        });
    }

    private protected override void Dispose(bool isDisposing)
    {
        _queue.Dispose();
        base.Dispose(isDisposing);
    }
}
