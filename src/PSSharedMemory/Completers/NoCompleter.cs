using System.Collections;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>
/// Offers nothing, for what only the user knows: a number, a value, an object. Without a completer PowerShell offers
/// the files of the current folder.
/// </summary>
public sealed class NoCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) => [];
}
