using System.Collections;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>Completes the modes that segments are given most often.</summary>
public sealed class ModeCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
    [
        ("0600", "rw-------  the owner alone"),
        ("0640", "rw-r-----  the group may read"),
        ("0644", "rw-r--r--  everybody may read"),
        ("0660", "rw-rw----  the group may write"),
        ("0666", "rw-rw-rw-  everybody may write"),
    ];
}
