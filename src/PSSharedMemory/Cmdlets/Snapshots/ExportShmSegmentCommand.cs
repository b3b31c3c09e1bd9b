using System;
using System.IO;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Keeps segments in snapshot files.</summary>
[Cmdlet(VerbsData.Export, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegmentSnapshot))]
public sealed class ExportShmSegmentCommand : SegmentTargetCmdlet
{
    [Parameter(Position = 1, HelpMessage = "The file, or a directory for a file named after the segment.")]
    public string Path { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string[] OwnPositions => [nameof(Path)];

    private protected override string[] Required => OwnPositions;

    // -Path is where to, not what.
    private protected override string[] TargetParameters =>
        [
            nameof(Name), nameof(LiteralName), nameof(Id), nameof(Key), nameof(Segment), nameof(Mapping),
            nameof(InputObject)
        ];

    private protected override void Serve(ShmSegment segment)
    {
        var path = FilePath(segment);
        if (!ShouldProcess($"{segment}, {ShmDisplay.Size(segment.Size)}", $"Export to {path}"))
        {
            return;
        }

        if (path != FileSystemPath(Path) && System.IO.Path.GetDirectoryName(path) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var snapshot = ShmSegmentSnapshots.Export(
            segment, path, Force, new ByteProgress(this, $"Exporting {segment}", segment.Size), Cancellation);
        WriteVerbose(
            $"{segment}: {segment.Size} bytes, of which {snapshot.Extents.Count} parts have memory; sha256 "
                + $"{snapshot.Sha256}.");
        if (snapshot.CountLeftovers() is > 0 and var leftovers)
        {
            WriteWarning(
                $"Removed {Words.Count(leftovers, "temporary file")} of earlier exports to {path}, which were "
                    + "killed.");
        }

        if (PassThru)
        {
            WriteObject(snapshot);
        }
    }

    /// <summary>In a directory the file is called after the segment.</summary>
    private string FilePath(ShmSegment segment)
    {
        var path = FileSystemPath(Path);
        if (!Directory.Exists(path))
        {
            return path;
        }

        var name = segment.Kind switch
        {
            ShmKind.SysV when segment.Key is null or 0 => $"sysv-id-{segment.Id}",
            ShmKind.SysV => $"sysv-{SysVKey.ToText(segment.Key.Value)}",
            ShmKind.MemFd => $"memfd-{segment.Inode}",
            ShmKind.Anonymous => $"anonymous-{segment.Inode}",
            // Of an object in a directory: in a directory of that name.
            _ => segment.Name![1..(segment.Name!.LastIndexOf('/') + 1)] + Shortened(segment.Name!.Split('/')[^1]),
        };
        return System.IO.Path.Combine(path, name + ".shm");
    }

    /// <summary>
    /// A name of 255 bytes leaves a file name no room for suffixes: the beginning of a long one stays, and its hash
    /// tells it from others that begin alike. Import-ShmSegment takes the whole name from the metadata.
    /// </summary>
    private static string Shortened(string part)
    {
        const int MostBytes = 190;
        const int Kept = 60;
        const int Digits = 16;
        if (Encoding.UTF8.GetByteCount(part) <= MostBytes)
        {
            return part;
        }

        var hash = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(part.AsSpan())))[..Digits];
        return $"{part[..(char.IsHighSurrogate(part[Kept - 1]) ? Kept - 1 : Kept)]}~{hash}";
    }
}
