using System;
using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegment), typeof(ShmMapping))]
public sealed class NewShmSegmentCommand : ShmCmdlet
{
    private const string DefaultLabel = "pwsh";
    private const string SizeHelp = "Bytes, such as 64KB.";

    // What is made now: of the parameters, or of the object in the pipeline.
    private string _set = "";
    private bool _hasSize;
    private bool _hasMode;

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ParameterSets.Name,
        HelpMessage = "A name such as /orders.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [AllowEmptyString]
    [NamePath(IsOne = true)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "An integer of 32 bits, such as 0x1234.")]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string? Key { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "A file or directory that exists.")]
    public string Path { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "1 to 255, or the character that the C program uses, such as A.")]
    [ProjectId]
    [ArgumentCompleter(typeof(NoCompleter))]
    public int ProjectId { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Private,
        HelpMessage = "Makes a private System V segment.")]
    public SwitchParameter Private { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Anonymous, HelpMessage = "Makes a memfd.")]
    public SwitchParameter Anonymous { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Anonymous)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string Label { get; set; } = DefaultLabel;

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ParameterSets.InputObject,
        HelpMessage = "A name, or an object with Name, Size and Mode.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    public object? InputObject { get; set; }

    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ParameterSets.Name, HelpMessage = SizeHelp)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ParameterSets.Key, HelpMessage = SizeHelp)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ParameterSets.Path, HelpMessage = SizeHelp)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ParameterSets.Private, HelpMessage = SizeHelp)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ParameterSets.Anonymous, HelpMessage = SizeHelp)]
    [Parameter(ParameterSetName = ParameterSets.InputObject)]
    [ArgumentCompleter(typeof(SizeCompleter))]
    [ByteCount]
    public long Size { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(ModeCompleter))]
    public string? Mode { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [Parameter(ParameterSetName = ParameterSets.Key)]
    [Parameter(ParameterSetName = ParameterSets.Path)]
    [Parameter(ParameterSetName = ParameterSets.InputObject)]
    public SwitchParameter AllowExisting { get; set; }

    [Parameter]
    public SwitchParameter Sparse { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(HugePageSizeCompleter))]
    [ByteCount]
    public long HugePageSize { get; set; }

    [Parameter]
    [Choice(typeof(ShmSeals))]
    [ArgumentCompleter(typeof(SealCompleter))]
    public string Seal { get; set; } = "None";

    [Parameter]
    public SwitchParameter Mount { get; set; }

    [Parameter]
    public SwitchParameter Ephemeral { get; set; }

    /// <inheritdoc/>
    private protected override void Begin()
    {
        base.Begin();
        var bound = MyInvocation.BoundParameters;
        (_hasSize, _hasMode) = (bound.ContainsKey(nameof(Size)), bound.ContainsKey(nameof(Mode)));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _set = ParameterSetName;
        if (_set != ParameterSets.InputObject || Attempt(InputObject, () => Take(SegmentRow.Read(InputObject))))
        {
            Attempt(Subject, Make);
        }
    }

    private void Take(SegmentRow row)
    {
        if (!_hasSize)
        {
            Size = row.Size ?? throw new ShmException(
                ShmErrorId.InvalidSize, $"Cannot make {row.Name ?? row.Key}: it has no size. Add -Size.", InputObject);
        }

        Mode = _hasMode ? Mode : row.Mode;
        Name = row.Name ?? "";
        Key = row.Key;
        _set = row.Name is null ? ParameterSets.Key : ParameterSets.Name;
    }

    private void Make()
    {
        var options = new ShmCreateOptions
        {
            Size = Size,
            Mode = IsClosedLate ? WantedMode | ShmCreateOptions.DefaultMode : WantedMode,
            AllowExisting = AllowExisting,
            Sparse = Sparse,
            HugePageSize = HugePageSize,
            Seal = Seals & ~LateSeals,
            Progress = new ByteProgress(this, "Reserving pages", Size),
        };

        // The key and the kind are checked before the user is asked.
        var create = Creation(options);
        if (!ShouldProcess($"{Subject}, {ShmDisplay.Size(Size)}", "Create shared memory segment"))
        {
            return;
        }

        var segment = create();
        WriteVerbose(
            $"{(ShmSegments.IsNew(segment) ? "Made" : "Opened")} {segment}: {segment.Size} bytes, mode "
                + $"{ShmDisplay.Mode(segment.Mode)}.");
        if (Mount || Ephemeral)
        {
            WriteRow(MountNew(segment));
        }
        else
        {
            WriteRow(segment);
        }
    }

    /// <summary>
    /// With -Mount, what is sealed against new writable mappings is sealed once it has its own: otherwise nobody could
    /// ever write to it.
    /// </summary>
    private ShmSeals Seals => ChoiceAttribute.Of<ShmSeals>(Seal);

    private ShmSeals LateSeals => Mount && Anonymous && Seals.HasFlag(ShmSeals.FutureWrite)
        ? Seals & (ShmSeals.FutureWrite | ShmSeals.Seal)
        : ShmSeals.None;

    private UnixFileMode WantedMode => Mode is null ? ShmCreateOptions.DefaultMode : ModeArgument.Parse(Mode);

    /// <summary>
    /// With -Mount, what its maker may not read either gets its mode once it is mounted: the kernel would refuse its
    /// maker too. Until then it is its maker's alone.
    /// </summary>
    private bool IsClosedLate => (Mount || Ephemeral) && !Anonymous && (WantedMode & UnixFileMode.UserRead) == 0;

    private object Subject => _set switch
    {
        ParameterSets.Key => KeyArgument.Label(Key),
        ParameterSets.Path => $"key of {Path}, project {ProjectId}",
        ParameterSets.Private => "a private segment",
        ParameterSets.Anonymous => $"memfd:{Label}",
        _ => Name,
    };

    private Func<ShmSegment> Creation(ShmCreateOptions options)
    {
        if (Ephemeral && _set is ParameterSets.Name or ParameterSets.Anonymous)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot make {Subject} ephemeral: only System V keeps a removed segment usable by its id. A memfd "
                    + "ends with its last holder by itself; a POSIX segment can be removed once it is mounted.",
                Subject);
        }

        switch (_set)
        {
            case ParameterSets.Key:
                var key = KeyArgument.Parse(Key);
                return () => SysVSegments.Create(key, options, Cancellation);
            case ParameterSets.Path:
                key = SysVKey.FromPath(FileSystemPath(Path), ProjectId);
                return () => SysVSegments.Create(key, options, Cancellation);
            case ParameterSets.Private:
                return () => SysVSegments.CreatePrivate(options);
            case ParameterSets.Anonymous:
                return () => MemFdSegments.Create(Label, options, Cancellation);
            default:
                var name = TargetFinder.NewName(Name);
                return () => PosixSegments.Create(name, options, Cancellation);
        }
    }

    /// <summary>Mounts it; where that fails, what this call made is removed again.</summary>
    private ShmMapping MountNew(ShmSegment segment)
    {
        ShmMapping? mapping = null;
        try
        {
            mapping = ShmMapping.Mount(segment, new ShmMountOptions { Protection = WidestProtection(segment) });
            if (LateSeals != ShmSeals.None)
            {
                mapping.Seal(LateSeals);
            }

            if (IsClosedLate && ShmSegments.IsNew(segment))
            {
                mapping.SetMode(WantedMode);
            }

            if (Ephemeral && ShmSegments.IsNew(segment))
            {
                ShmSegments.Remove(segment);
            }
            else if (Ephemeral)
            {
                WriteWarning(
                    $"{segment} existed already, so it isn't marked for removal.");
            }

            return mapping;
        }
        catch
        {
            mapping?.Dispose();
            if (ShmSegments.IsNew(segment) && segment.Kind != ShmKind.MemFd)
            {
                TryRemove(segment);
            }

            throw;
        }
    }

    /// <summary>What cannot be removed was removed by another, or the failure that brought us here says more.</summary>
    private void TryRemove(ShmSegment segment)
    {
        try
        {
            ShmSegments.Remove(segment);
        }
        catch (ShmException error)
        {
            WriteVerbose(error.Message);
        }
    }

    private static ShmProtection WidestProtection(ShmSegment segment) =>
        segment.Seals.GetValueOrDefault() is var seals && (seals & (ShmSeals.Write | ShmSeals.FutureWrite)) != 0
            ? ShmProtection.Read
            : ShmProtection.Read | ShmProtection.Write;
}
