using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Commands;

/// <summary>Takes objects out of a queue.</summary>
[Cmdlet(VerbsCommunications.Receive, "ShmMessage", SupportsShouldProcess = true, DefaultParameterSetName = CountSet)]
[OutputType(typeof(object))]
public sealed class ReceiveShmMessageCommand : ShmCmdlet
{
    private const string CountSet = "Count";
    private const string WaitSet = "Wait";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "A queue, or its name.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public object Queue { get; set; } = null!;

    [Parameter(Position = 1)]
    public ScriptBlock? ScriptBlock { get; set; }

    [Parameter(ParameterSetName = CountSet)]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long Count { get; set; } = 1;

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.All,
        HelpMessage = "Takes what is there, without waiting.")]
    public SwitchParameter All { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = WaitSet, HelpMessage = "Takes messages until it is stopped.")]
    public SwitchParameter Wait { get; set; }

    [Parameter(ParameterSetName = CountSet)]
    [Parameter(ParameterSetName = WaitSet)]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    [Parameter]
    [ValidateRange(0.001, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? LeaseSec { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(MessageTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    private TypeArgument? DataType => Understand(As, TypeArgument.Of);

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Understand(Queue, QueueArgument.Of).Input, () =>
    {
        using var queue = Understand(Queue, QueueArgument.Of).Open();
        if (ShouldProcess(
            $"{queue.Value}", ScriptBlock is null ? "Receive message" : "Receive message and run the script block"))
        {
            Receive(queue.Value);
        }
    });

    private void Receive(ShmQueue queue)
    {
        var format = new MessageFormat(DataType, PowerShellCodec.DefaultDepth);
        var timeout = All ? TimeSpan.Zero : Seconds(TimeoutSec);
        for (long received = 0; All || Wait || received < Count; received++)
        {
            Cancellation.ThrowIfCancellationRequested();
            try
            {
                ReceiveOne(queue, format, timeout);
            }
            catch (ShmException error) when (All && error.ErrorId == ShmErrorId.WaitTimeout && queue.GetLock is null)
            {
                return;
            }
        }
    }

    private void ReceiveOne(ShmQueue queue, MessageFormat format, TimeSpan? timeout)
    {
        if (ScriptBlock is null)
        {
            var message = queue.Get(timeout, Cancellation);
            Attempt(message, () => WriteObject(format.Decode(message)));
            return;
        }

        var claim = queue.Claim(timeout, Seconds(LeaseSec), Cancellation);
        var isDone = false;
        try
        {
            // A message that cannot be read as an object is of use to nobody: it is reported and dropped, or it would
            // come back forever.
            object? value = null;
            if (Attempt(claim.Message, () => value = format.Decode(claim.Message)))
            {
                Run(ScriptBlock, value);
            }

            isDone = true;
        }
        finally
        {
            Settle(claim, isDone);
        }
    }

    private void Run(ScriptBlock block, object? value)
    {
        // With Output asked for, it is written to this cmdlet's pipeline as it comes, and none is returned.
        const PipelineResultTypes Streams = PipelineResultTypes.Output | PipelineResultTypes.Error;
        InvokeCommand.InvokeScript("$_ = $args[1]; . $args[0]", useNewScope: true, Streams, null, block, value);
    }

    private void Settle(ShmClaim claim, bool isDone)
    {
        if (!isDone)
        {
            claim.Release(Cancellation);
        }
        else if (!claim.Complete(Cancellation))
        {
            WriteError(ErrorRecords.From(new ShmException(
                ShmErrorId.WaitTimeout,
                $"The lease of {LeaseSec} s on a message of {claim.Queue} ended before the script block did: "
                    + "others have had the message since. Give a longer -LeaseSec, or none.",
                claim.Queue)));
        }
    }
}
