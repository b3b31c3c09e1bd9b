using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>Traces system calls on shared memory.</summary>
[Cmdlet(VerbsDiagnostic.Trace, "ShmCall", DefaultParameterSetName = CommandSet)]
[OutputType(typeof(ShmCall))]
public sealed class TraceShmCallCommand : ShmCmdlet
{
    private const string CommandSet = "Command";
    private const string ProcessSet = "Process";
    private const string OutputTag = "stdout";
    private const string ErrorTag = "stderr";

    private readonly ConcurrentQueue<(string Line, bool IsError)> _output = new();

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = CommandSet, HelpMessage = "The program to run.")]
    public string FilePath { get; set; } = "";

    [Parameter(Position = 1, ParameterSetName = CommandSet)]
    public string[]? ArgumentList { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ProcessSet,
        HelpMessage = "Ids of processes.")]
    [Alias("PID", "Id")]
    [ProcessId]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [];

    [Parameter]
    public SwitchParameter Futex { get; set; }

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var processIds = new List<int>(ProcessId.Length);
        foreach (var id in ProcessId)
        {
            if (ProcessLife.IsVisible(id))
            {
                processIds.Add(id);
            }
            else
            {
                WriteError(ErrorRecords.FromMissingProcess(id));
            }
        }

        if (ParameterSetName == ProcessSet && processIds.Count == 0)
        {
            return;
        }

        Require(ParameterSetName == CommandSet ? FilePath : processIds, () =>
        {
            Trace(processIds);
            return true;
        });
    }

    private void Trace(List<int> processIds)
    {
        using var tracer = ParameterSetName == CommandSet
            ? CallTracer.Start(
                Program(), ArgumentList ?? [], SessionState.Path.CurrentFileSystemLocation.ProviderPath, Futex,
                (line, isError) => _output.Enqueue((line, isError)))
            : CallTracer.Attach(processIds, Futex);
        using var timeout = new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(Cancellation, timeout.Token);
        if (TimeoutSec is { } seconds)
        {
            // A timer takes 49 days at most; a longer wait does without one.
            timeout.CancelAfter(
                seconds < uint.MaxValue / 1000 ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan);
        }

        try
        {
            foreach (var call in tracer.Calls(both.Token))
            {
                PassOutput();
                WriteRow(call);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested
            && !Cancellation.IsCancellationRequested)
        {
            // The time is over: the trace ends as it does by itself, without an error.
            return;
        }

        tracer.WaitForEnd(both.Token);
        PassOutput();
        if (tracer.Complaint.Length > 0)
        {
            throw tracer.Failure(ParameterSetName == CommandSet ? FilePath : string.Join(", ", processIds));
        }
    }

    // The program's own text isn't a call; it goes where Write-Information goes, by its stream's name.
    private void PassOutput()
    {
        while (_output.TryDequeue(out var text))
        {
            WriteInformation(text.Line, [text.IsError ? ErrorTag : OutputTag]);
        }
    }

    // As PowerShell finds a command: by path, or on the search path.
    private string Program() => FilePath.Contains('/', StringComparison.Ordinal)
        ? FileSystemPath(FilePath)
        : InvokeCommand.GetCommands(FilePath, CommandTypes.Application, nameIsPattern: false)
            .FirstOrDefault() is ApplicationInfo found
            ? found.Path
            : FilePath;
}
