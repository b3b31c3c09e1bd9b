using System;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;

namespace PSSharedMemory.Commands;

/// <summary>
/// Runs a pass over /proc on another thread, while the pipeline thread shows its progress once it has lasted a second.
/// </summary>
internal static class ScanWithProgress
{
    private const int Patience = 1000;
    private const int Pace = 200;

    /// <summary>Runs it and waits; the cancellation ends both.</summary>
    public static T Run<T>(
        Cmdlet cmdlet, string activity, Func<ShmScanProgress, T> pass, CancellationToken cancellation)
    {
        var progress = new ShmScanProgress();
        var task = Task.Run(() => pass(progress), CancellationToken.None);
        var clock = Stopwatch.StartNew();
        var isShown = false;
        while (!Wait(task, isShown ? Pace : Patience))
        {
            isShown = true;
            var total = Math.Max(progress.Total, 1);
            cmdlet.WriteProgress(new ProgressRecord(0, activity, $"{progress.Done} of {total} processes")
            {
                PercentComplete = Math.Min(100 * progress.Done / total, 100),
            });
        }

        if (isShown)
        {
            cmdlet.WriteProgress(new ProgressRecord(0, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }

        cmdlet.WriteVerbose(FormattableString.Invariant(
            $"Read maps and descriptors of {progress.Done} processes in /proc in {clock.ElapsedMilliseconds} ms."));
        cancellation.ThrowIfCancellationRequested();
        return task.GetAwaiter().GetResult();
    }

    // A failed pass has ended too; its exception comes with the result.
    private static bool Wait(Task task, int milliseconds) => Task.WaitAny([task], milliseconds) == 0;
}
