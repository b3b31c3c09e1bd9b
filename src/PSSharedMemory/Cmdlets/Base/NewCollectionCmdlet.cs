using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that makes a segment and a structure in it that fills it: a queue or a dictionary. If the structure
/// cannot be made, a segment that this call made is taken away again.
/// </summary>
public abstract class NewCollectionCmdlet : ShmCmdlet
{
    private const long DefaultCapacity = 1024 * 1024;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true,
        ParameterSetName = ParameterSets.Name, HelpMessage = "A name such as /work.")]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath(IsOne = true)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "An integer of 32 bits, such as 0x1234.")]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    public string? Key { get; set; }

    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(SizeCompleter))]
    [ByteCount]
    public long Capacity { get; set; } = DefaultCapacity;

    [Parameter]
    [ArgumentCompleter(typeof(ModeCompleter))]
    public string? Mode { get; set; }

    [Parameter]
    public SwitchParameter AllowExisting { get; set; }

    /// <summary>What it makes, as users call it.</summary>
    private protected abstract string Noun { get; }

    private object Subject => ParameterSetName == ParameterSets.Key ? KeyArgument.Label(Key) : Name;

    /// <summary>The bytes of a segment whose structure has this capacity.</summary>
    private protected abstract long SegmentSize(long capacity);

    /// <summary>Makes the structure in a segment, or opens the one that is there.</summary>
    private protected abstract object Create(ShmSegment segment);

    /// <summary>Opens the structure that is in a segment.</summary>
    private protected abstract object Open(ShmSegment segment);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Attempt(Subject, () =>
    {
        var options = new ShmCreateOptions
        {
            Size = SegmentSize(Capacity),
            Mode = Mode is null ? ShmCreateOptions.DefaultMode : ModeArgument.Parse(Mode),
            AllowExisting = AllowExisting,
        };
        if (!ShouldProcess($"{Subject}, {ShmDisplay.Size(Capacity)}", $"Create {Noun}"))
        {
            return;
        }

        WriteRow(Make(options));
    });

    private object Make(ShmCreateOptions options)
    {
        ShmSegment segment;
        try
        {
            segment = ParameterSetName == ParameterSets.Key
                ? SysVSegments.Create(KeyArgument.Parse(Key), options, Cancellation)
                : PosixSegments.Create(TargetFinder.NewName(Name), options, Cancellation);
        }
        // Nobody asked for a capacity: one that is smaller than the default will do.
        catch (ShmException error) when (error.ErrorId == ShmErrorId.SizeMismatch
            && !MyInvocation.BoundParameters.ContainsKey(nameof(Capacity)))
        {
            return Open(ParameterSetName == ParameterSets.Key
                ? SysVSegments.FromKey(KeyArgument.Parse(Key))
                : TargetFinder.ByName(Name));
        }

        try
        {
            return Create(segment);
        }
        catch (ShmException) when (ShmSegments.IsNew(segment))
        {
            ShmSegments.Remove(segment);
            throw;
        }
    }
}
