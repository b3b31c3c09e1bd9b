using System.Globalization;
using System.Runtime.CompilerServices;

namespace PSSharedMemory.Native;

/// <summary>What was attempted, put into words only where the call has failed: most calls do not.</summary>
[InterpolatedStringHandler]
internal ref struct FailedAttempt
{
    private DefaultInterpolatedStringHandler _words;

    public FailedAttempt(int literalLength, int formattedCount, long result, out bool isFailed)
    {
        isFailed = result < 0;
        _words = isFailed
            ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture)
            : default;
    }

    public void AppendLiteral(string value) => _words.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _words.AppendFormatted(value);

    public string ToStringAndClear() => _words.ToStringAndClear();
}
