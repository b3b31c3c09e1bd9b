using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that changes pages of mappings: all of them, or a range.</summary>
public abstract class MappingPagesCmdlet : LiveMappingCmdlet
{
    /// <summary>Bytes from the start of the mapping; a multiple of its page size.</summary>
    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long Offset { get; set; }

    /// <summary>Bytes, in whole pages; all to the end if not given.</summary>
    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? Length { get; set; }

    private protected sealed override void Serve(ShmMapping mapping) => Serve(mapping, Offset, CheckedLength(mapping));

    /// <summary>"64 bytes at offset 0", for questions.</summary>
    private protected string RangeText =>
        Length is null ? $"from offset {Offset} to the end" : $"{Words.Count(Length.Value, "byte")} at offset {Offset}";

    /// <summary>Applies it to a range of one mapping; a length of 0 means all to the end.</summary>
    private protected abstract void Serve(ShmMapping mapping, long offset, long length);

    private long CheckedLength(ShmMapping mapping) => Length is null or > 0 ? Length ?? 0 : throw new ShmException(
        ShmErrorId.OutOfRange,
        $"A range of {Length} bytes of {mapping} has no pages: give 1 byte or more, or leave -Length out for all to "
            + "the end.",
        mapping);
}
