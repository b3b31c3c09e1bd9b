using System.Collections;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>Completes the encodings that PowerShell names.</summary>
public sealed class EncodingCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
    [
        ("utf8", "UTF-8"),
        ("ascii", "ASCII, 7 bits"),
        ("latin1", "ISO 8859-1, one byte each"),
        ("unicode", "UTF-16, little-endian"),
        ("bigendianunicode", "UTF-16, big-endian"),
        ("utf32", "UTF-32, little-endian: wchar_t of Linux"),
        ("bigendianutf32", "UTF-32, big-endian"),
    ];
}
