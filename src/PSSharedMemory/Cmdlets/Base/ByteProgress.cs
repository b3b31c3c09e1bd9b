using System;
using System.Diagnostics;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Progress of what is counted in bytes: shown once it has lasted a second, and not too often.</summary>
internal sealed class ByteProgress(Cmdlet cmdlet, string activity, long total) : IProgress<long>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _shown;

    /// <summary>Called on the cmdlet's own thread.</summary>
    public void Report(long value)
    {
        if (_clock.Elapsed < Patience || _clock.Elapsed - _shown < Pace)
        {
            return;
        }

        _shown = _clock.Elapsed;
        cmdlet.WriteProgress(new ProgressRecord(0, activity, $"{ShmDisplay.Size(value)} of {ShmDisplay.Size(total)}")
        {
            PercentComplete = (int)Math.Clamp(100.0 * value / Math.Max(total, 1), 0, 100),
        });
    }
}
