using System.Linq;

namespace PSSharedMemory.Commands;

/// <content>Whose memory it is.</content>
public static partial class ShmDisplay
{
    /// <summary>Patterns, keys and magic of an origin, each on a line.</summary>
    public static string KnownBy(ShmOrigin origin) => string.Join(
        '\n', origin.Patterns.Select(Text)
            .Concat(origin.Keys.Select(static keys => $"{keys}"))
            .Concat(origin.Magic.Select(static magic => $"magic {magic}")));
}
