using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading;

namespace PSSharedMemory.ConsoleHost;

internal enum Outcome
{
    Completed,

    /// <summary>An error ended it, and has been shown.</summary>
    Failed,

    /// <summary>Ctrl+C ended it.</summary>
    Stopped,
}

/// <summary>One runspace, and the pipelines that run in it one after the other.</summary>
internal sealed class EngineSession : IDisposable
{
    // Ends the pipeline of a script file: whether it has failed is known to its commands alone. It would set $?.
    private const string FailureWitness = "[CmdletBinding()] param() end { $PSCmdlet.InvokeCommand.HasErrors }";

    private readonly Lock _lock = new();
    private readonly Stack<Pipeline> _running = new();

    private EngineSession(EngineHost host, Runspace runspace)
    {
        Host = host;
        Runspace = runspace;
    }

    public EngineHost Host { get; }

    public Runspace Runspace { get; }

    /// <summary>
    /// Whether a script file that was run reported a failure itself, as it does by `exit N`, whatever failed
    /// inside of it.
    /// </summary>
    public bool FileFailed { get; private set; }

    public static EngineSession Open(EngineHost host)
    {
        var runspace = RunspaceFactory.CreateRunspace(host, InitialSessionState.CreateDefault2());

        // One thread for all pipelines, as in pwsh: a lock that a statement took can be given back by the next.
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        return new EngineSession(host, runspace);
    }

    /// <summary>Runs a command with its output formatted to the host and its errors to the error stream.</summary>
    /// <param name="command">The command or script.</param>
    /// <param name="readsInput">Whether the lines of standard input are its pipeline input.</param>
    /// <param name="isFile">Whether it is a script file, for <see cref="FileFailed"/>.</param>
    /// <param name="nested">Whether it runs inside of a pipeline that waits for it.</param>
    /// <param name="historyText">
    /// What Get-History shows, where it is to be there; the engine keeps $? of such pipelines alone.
    /// </param>
    public Outcome Run(
        Command command,
        bool readsInput = false,
        bool isFile = false,
        bool nested = false,
        string? historyText = null)
    {
        using var pipeline = Create(nested, historyText);
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(command);
        pipeline.Commands.Add(new Command("Out-Default"));
        if (isFile)
        {
            pipeline.Commands.AddScript(FailureWitness, useLocalScope: true);
        }

        var failure = Invoke(pipeline, readsInput, nested);
        FileFailed = pipeline.Output.NonBlockingRead().LastOrDefault()?.BaseObject is true;
        Host.Progress.Reset();
        if (pipeline.PipelineStateInfo.State == PipelineState.Stopped || failure is PipelineStoppedException)
        {
            return Outcome.Stopped;
        }

        if (failure is null)
        {
            return Outcome.Completed;
        }

        Report(failure, nested);
        return Outcome.Failed;
    }

    /// <summary>Runs a script for the last of its values; what it fails with is the caller's.</summary>
    public object? Evaluate(string script, bool nested = false)
    {
        using var pipeline = Create(nested, null);
        pipeline.Commands.AddScript(script, useLocalScope: false);
        return pipeline.Invoke() is { Count: > 0 } values ? values[^1]?.BaseObject : null;
    }

    public bool LastCommandSucceeded() => Evaluate("$global:?") is true;

    /// <summary>The code of the last program or script that gave one.</summary>
    public int LastExitCode() => Evaluate("$global:LASTEXITCODE") is int code ? code : ExitCode.Success;

    /// <summary>Stops what runs, if anything does; returns at once.</summary>
    public void Stop()
    {
        Host.Input.Interrupt();
        lock (_lock)
        {
            if (_running.TryPeek(out var pipeline))
            {
                pipeline.StopAsync();
            }
        }
    }

    public void Dispose() => Runspace.Dispose();

    private Pipeline Create(bool nested, string? historyText)
    {
        if (historyText is null)
        {
            return nested ? Runspace.CreateNestedPipeline() : Runspace.CreatePipeline();
        }

        // The history takes its text from the constructor; the commands are added as for any other.
        var pipeline = nested
            ? Runspace.CreateNestedPipeline(historyText, addToHistory: true)
            : Runspace.CreatePipeline(historyText, addToHistory: true);
        pipeline.Commands.Clear();
        return pipeline;
    }

    private Exception? Invoke(Pipeline pipeline, bool readsInput, bool nested)
    {
        // What the formatter itself fails with comes out here; all other errors went through it.
        pipeline.Error.DataReady += (_, _) =>
        {
            foreach (var error in pipeline.Error.NonBlockingRead())
            {
                Host.UI.WriteErrorLine(error.ToString() ?? string.Empty);
            }
        };

        Host.Input.Resume();
        lock (_lock)
        {
            _running.Push(pipeline);
        }

        try
        {
            if (!readsInput)
            {
                pipeline.Input.Close();
            }

            // A nested one runs on the thread of the pipeline that waits for it.
            if (nested)
            {
                pipeline.Invoke();
                return null;
            }

            using var ended = new ManualResetEventSlim();
            pipeline.StateChanged += (_, change) =>
            {
                if (change.PipelineStateInfo.State is PipelineState.Completed or PipelineState.Failed
                    or PipelineState.Stopped)
                {
                    ended.Set();
                }
            };
            pipeline.InvokeAsync();
            if (readsInput)
            {
                Host.Input.FeedTo(pipeline.Input, ended);
            }

            ended.Wait();
            return pipeline.PipelineStateInfo.State == PipelineState.Failed ? pipeline.PipelineStateInfo.Reason : null;
        }
        catch (RuntimeException failure)
        {
            return failure;
        }
        finally
        {
            lock (_lock)
            {
                _running.Pop();
            }
        }
    }

    /// <summary>Shows what ended a pipeline as the engine shows any error: by its error view.</summary>
    private void Report(Exception failure, bool nested)
    {
        if (failure is IncompleteParseException)
        {
            // Its error view is empty: at a prompt it means that there is more to come.
            Host.UI.WriteErrorLine($"ParserError: {failure.Message}");
            return;
        }

        var record = failure is IContainsErrorRecord holder
            ? holder.ErrorRecord
            : new ErrorRecord(failure, "PipelineFailed", ErrorCategory.NotSpecified, null);

        // Only the engine can mark an object as one for the error stream; the host puts it there instead.
        using var pipeline = Create(nested, null);
        pipeline.Commands.Add("Out-Default");
        pipeline.Input.Write(record);
        Host.ShowAsErrors(true);
        var unshown = Invoke(pipeline, readsInput: false, nested);
        Host.ShowAsErrors(false);
        if (unshown is not null)
        {
            Host.UI.WriteErrorLine(record.ToString());
        }
    }
}
