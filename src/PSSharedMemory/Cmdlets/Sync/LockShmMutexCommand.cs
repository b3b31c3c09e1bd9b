using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Commands;

/// <summary>Locks a mutex, or runs a script block with it locked.</summary>
[Cmdlet(VerbsCommon.Lock, "ShmMutex", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class LockShmMutexCommand : MutexTargetCmdlet
{
    private static readonly TimeSpan PatienceWithStalled = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    [Parameter(Position = 0, ParameterSetName = ParameterSets.Name,
        HelpMessage = "A mutex, a mapping, a segment, or a name such as /orders.")]
    [Parameter(Position = 0, ParameterSetName = ParameterSets.Block,
        HelpMessage = "A mutex, a mapping, a segment, or a name such as /orders.")]
    [Alias("LiteralName")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    public override object? Name
    {
        get => base.Name;
        set => base.Name = value;
    }

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    [Parameter]
    public SwitchParameter Recover { get; set; }

    [Parameter(Position = 2, ParameterSetName = ParameterSets.Name)]
    [Parameter(Position = 2, ParameterSetName = ParameterSets.Id)]
    [Parameter(Position = 2, ParameterSetName = ParameterSets.Key)]
    [Parameter(Position = 2, ParameterSetName = ParameterSets.Segment)]
    [Parameter(Position = 2, ParameterSetName = ParameterSets.Mapping)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ParameterSets.Block,
        HelpMessage = "The script block to run.")]
    public ScriptBlock? ScriptBlock { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset), nameof(ScriptBlock)];

    private protected override void Serve(ShmMutex mutex)
    {
        if (!ShouldProcess(Asked(mutex), ScriptBlock is null ? "Lock" : "Lock, run the script block and unlock"))
        {
            return;
        }

        var result = ShmLockResult.Locked;
        if (!Attempt(mutex, () => result = Lock(mutex)))
        {
            return;
        }

        if (result == ShmLockResult.OwnerDied && !Recover)
        {
            ReportOwnerDied(mutex);
        }
        else if (ScriptBlock is not null)
        {
            RunLocked(mutex, ScriptBlock);
        }
    }

    /// <summary>
    /// A wait for one that isn't robust may never end: after a while a message says so, and who holds it.
    /// </summary>
    private ShmLockResult Lock(ShmMutex mutex)
    {
        var timeout = Seconds(TimeoutSec);
        if (timeout <= PatienceWithStalled || mutex.IsRobust)
        {
            return mutex.Lock(timeout, Cancellation);
        }

        try
        {
            return mutex.Lock(PatienceWithStalled, Cancellation);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.WaitTimeout)
        {
            WriteWarning($"Still waiting. {error.Message} Get-ShmMutex shows the owner.");
            return mutex.Lock(timeout - PatienceWithStalled, Cancellation);
        }
    }

    private void ReportOwnerDied(ShmMutex mutex)
    {
        var rest =
            "This thread holds it now: repair what it protects and unlock it, or give it up with Unlock-ShmMutex "
                + "-Abandon. With -Recover this isn't an error.";
        if (ScriptBlock is not null)
        {
            // Not run and nothing repaired: the next to lock it must hear of it too.
            Attempt(mutex, mutex.GiveBack);
            rest =
                "The script block was not run, and the lock was left as it was found. Use -Recover for one that "
                    + "repairs what it protects.";
        }

        WriteError(ErrorRecords.From(new ShmException(
            ShmErrorId.OwnerDied,
            $"The last owner of the {mutex} ended while holding it: its data may be half changed. {rest}", mutex)));
    }

    private void RunLocked(ShmMutex mutex, ScriptBlock block)
    {
        try
        {
            // With Output asked for, it is written to this cmdlet's pipeline as it comes, and none is returned.
            const PipelineResultTypes Streams = PipelineResultTypes.Output | PipelineResultTypes.Error;
            InvokeCommand.InvokeScript("& $args[0]", useNewScope: false, Streams, null, block);
        }
        finally
        {
            Attempt(mutex, () =>
            {
                // The block may have unlocked it already.
                if (mutex.IsHeld())
                {
                    mutex.Unlock();
                }
            });
        }
    }
}
