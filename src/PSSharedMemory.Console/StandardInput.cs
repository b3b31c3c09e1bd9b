using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading;
using System.Threading.Tasks;

namespace PSSharedMemory.ConsoleHost;

/// <summary>
/// The lines of a redirected standard input, in one place: a script on it, <c>$input</c>, and the answers
/// to prompts each take the next line.
/// </summary>
internal sealed class StandardInput
{
    private readonly Lock _lock = new();
    private Task<string?>? _pending;
    private TaskCompletionSource _interrupt = new();

    /// <summary>The next line, or null at the end.</summary>
    /// <exception cref="PipelineStoppedException">Ctrl+C came while it waited.</exception>
    public string? ReadLine()
    {
        Task<string?> line;
        Task interrupt;
        lock (_lock)
        {
            // A read cannot be taken back: one that was interrupted leaves its line to the next that asks.
            line = _pending ??= Task.Run(Console.In.ReadLine);
            interrupt = _interrupt.Task;
        }

        if (Task.WaitAny(line, interrupt) != 0)
        {
            throw new PipelineStoppedException();
        }

        lock (_lock)
        {
            _pending = null;
        }

        return line.Result;
    }

    /// <summary>Gives all lines to a pipeline, until either ends.</summary>
    public void FeedTo(PipelineWriter pipeline, ManualResetEventSlim ended)
    {
        Task.Run(() =>
        {
            try
            {
                while (!ended.IsSet && ReadLine() is string line)
                {
                    pipeline.Write(line);
                }

                pipeline.Close();
            }
            catch (Exception e)
                when (e is PipelineClosedException or PipelineStoppedException or ObjectDisposedException)
            {
                // It ended before its input did.
            }
        });
    }

    public void Interrupt()
    {
        lock (_lock)
        {
            _interrupt.TrySetResult();
        }
    }

    /// <summary>Forgets an interrupt that was for what ran before.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (_interrupt.Task.IsCompleted)
            {
                _interrupt = new TaskCompletionSource();
            }
        }
    }
}
