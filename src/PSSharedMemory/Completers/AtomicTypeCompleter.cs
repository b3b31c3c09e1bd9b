using System.Collections;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>Completes the types that can be used atomically.</summary>
public sealed class AtomicTypeCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
    [
        (nameof(ShmScalar.Int32), "4 bytes"),
        (nameof(ShmScalar.UInt32), "4 bytes, unsigned"),
        (nameof(ShmScalar.Int64), "8 bytes"),
        (nameof(ShmScalar.UInt64), "8 bytes, unsigned"),
    ];
}
