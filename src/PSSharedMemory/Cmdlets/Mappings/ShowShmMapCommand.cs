using System;
using System.IO;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Draws the pages of a segment and who holds them.</summary>
[Cmdlet(VerbsCommon.Show, "ShmMap", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMap), typeof(FileInfo))]
public sealed class ShowShmMapCommand : MappingTargetCmdlet
{
    [Parameter]
    public string? OutFile { get; set; }

    [Parameter]
    public SwitchParameter Full { get; set; }

    private protected override ShmProtection Need => ShmProtection.Read;

    private protected override void Serve(ShmMapping mapping)
    {
        var map = Survey(mapping);
        if (OutFile is null)
        {
            WriteObject(map);
            return;
        }

        var path = FileSystemPath(OutFile);
        if (ShouldProcess(path, "Write the picture"))
        {
            // Its size is known before anything is written: beyond RLIMIT_FSIZE a signal would end the process.
            using var picture = new MemoryStream();
            ShmMapSvg.Write(map, picture);
            using (var file = PlainFile.Create(path, picture.Length, replace: true))
            using (var stream = new FileStream(file, FileAccess.Write, bufferSize: 0))
            {
                picture.WriteTo(stream);
            }

            // As Get-Item gives it: views show more of it than of a FileInfo alone.
            WriteObject(InvokeProvider.Item.Get([path], force: true, literalPath: true), enumerateCollection: true);
        }
    }

    private ShmMap Survey(ShmMapping mapping)
    {
        var runs = ShmPages.Of(mapping);
        var scan = ScanWithProgress.Run(
            this,
            "Looking for holders",
            progress => ShmAttachments.Scan([mapping.Segment], null, withUsage: false, progress, Cancellation),
            Cancellation);
        return new ShmMap
        {
            Segment = mapping.Segment,
            Length = runs.Sum(static run => run.Length),
            PageSize = mapping.PageSize,
            Runs = runs,
            Holders = scan.Of(mapping.Segment)
                .Where(static attachment => attachment.Length is not null)
                .Where(attachment => !IsForThisCall(attachment, mapping))
                .Select(attachment => new ShmMapHolder(
                    attachment.ProcessId, attachment.Command, (attachment.Offset ?? 0) - mapping.Offset,
                    attachment.Length!.Value, attachment.Protection))
                .Where(holder => holder.Offset < mapping.Length && holder.Offset + holder.Length > 0)
                .OrderBy(static holder => holder.ProcessId).ThenBy(static holder => holder.Offset)
                .ToArray(),
            IsFull = Full,
            MayHaveMoreHolders = !scan.IsComplete,
        };
    }

    /// <summary>A mapping that this call made to look isn't a holder.</summary>
    private bool IsForThisCall(ShmAttachment attachment, ShmMapping mapping) =>
        !IsUsersMapping && attachment.ProcessId == Environment.ProcessId && attachment.Address == mapping.Address;
}
