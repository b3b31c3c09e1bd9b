using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Attaches segments to this process.</summary>
[Cmdlet(VerbsData.Mount, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMapping))]
public sealed class MountShmSegmentCommand : OneSegmentCmdlet
{
    private const string ProcessSet = "Process";
    private const string AddressSet = "ProcessAddress";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "A file or directory that exists.")]
    public string Path { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "1 to 255, or the character that the C program uses, such as A.")]
    [ProjectId]
    [ArgumentCompleter(typeof(NoCompleter))]
    public int ProjectId { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ProcessSet, HelpMessage = "The process that holds it.")]
    [Parameter(Mandatory = true, ParameterSetName = AddressSet, HelpMessage = "The process that has it mapped.")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [WholeNumber]
    public int ProcessId { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ProcessSet,
        HelpMessage = "The number of its descriptor in that process.")]
    [ArgumentCompleter(typeof(DescriptorCompleter))]
    [WholeNumber]
    public int Descriptor { get; set; }

    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    [Parameter]
    [Protection]
    [ArgumentCompleter(typeof(ProtectionCompleter))]
    public string Protection { get; set; } = "Read, Write";

    [Parameter]
    public SwitchParameter CopyOnWrite { get; set; }

    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long Offset { get; set; }

    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long Length { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [Parameter(ParameterSetName = ParameterSets.Id)]
    [Parameter(ParameterSetName = ParameterSets.Key)]
    [Parameter(ParameterSetName = ParameterSets.Path)]
    [Parameter(ParameterSetName = ParameterSets.Segment)]
    [Parameter(ParameterSetName = ProcessSet)]
    [Parameter(Mandatory = true, ParameterSetName = AddressSet,
        HelpMessage = "An address of the mapping in that process.")]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long Address { get; set; }

    [Parameter]
    public SwitchParameter RoundAddress { get; set; }

    [Parameter]
    public SwitchParameter Replace { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter Populate { get; set; }

    [Parameter]
    public SwitchParameter Lock { get; set; }

    [Parameter]
    public SwitchParameter Unguarded { get; set; }

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double TimeoutSec { get; set; }

    private bool _isTold;

    private object? Subject => IsTargetPiped ? InputObject : ParameterSetName switch
    {
        ParameterSets.Id => Id,
        ParameterSets.Key => Key,
        ParameterSets.Path => Path,
        ParameterSets.Segment => Segment,
        ProcessSet => $"descriptor {Descriptor} of process {ProcessId}",
        AddressSet => FormattableString.Invariant($"address 0x{Address:x} of process {ProcessId}"),
        _ => Name,
    };

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        if (ReadOnly && MyInvocation.BoundParameters.ContainsKey(nameof(Protection)))
        {
            ThrowTerminatingError(ErrorRecords.Conflict("Give -ReadOnly or -Protection, not both."));
        }

        if (Replace && ParameterSetName == AddressSet)
        {
            ThrowTerminatingError(ErrorRecords.Conflict(
                "With -ProcessId, -Address is where the memory lies in that process. Pipe the attachment to give an "
                    + "address here."));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Subject, () =>
    {
        var options = new ShmMountOptions
        {
            Protection = ReadOnly ? ShmProtection.Read : ChoiceAttribute.Of<ShmProtection>(Protection),
            CopyOnWrite = CopyOnWrite,
            Offset = Offset,
            Length = CheckedLength(),
            Address = ParameterSetName == AddressSet ? 0 : (nint)Address,
            RoundAddress = RoundAddress,
            Replace = Replace,
            Populate = Populate,
            Lock = Lock,
            Cancellation = Cancellation,
        };

        var segment = MyInvocation.BoundParameters.ContainsKey(nameof(TimeoutSec)) ? WaitForSegment() : FindSegment();
        if (!ShouldProcess($"{segment}", "Mount shared memory segment") || !MayReplace(segment))
        {
            return;
        }

        if (Unguarded && !_isTold)
        {
            _isTold = true;
            WriteWarning(
                "-Unguarded no longer has any effect: every mapping is guarded, at full memory speed.");
        }

        // What its makers gave no name, or took it from, is looked at; to write to it is another wish.
        if (HeldSegments.IsBorrowed(segment) && !CopyOnWrite
            && !MyInvocation.BoundParameters.ContainsKey(nameof(Protection)))
        {
            options = options with { Protection = ShmProtection.Read };
        }

        var mapping = ShmMapping.Mount(segment, options);
        if (ShmGuard.FindHandlerBefore() is { } signal)
        {
            WriteWarning(
                $"Other code in this process has set a handler of {signal} since the guard was installed. Unless it "
                    + "calls the one before it, memory that vanishes ends this process.");
        }

        WriteVerbose($"{mapping}: {mapping.Length} bytes, {mapping.Protection}, {ShmGuard.Describe(mapping)}.");
        WriteRow(mapping);
    });

    /// <summary>0 would mean "all" to the library; a user who writes it means none.</summary>
    private long CheckedLength() => MyInvocation.BoundParameters.ContainsKey(nameof(Length)) && Length <= 0
        ? throw new ShmException(
            ShmErrorId.OutOfRange,
            $"Cannot mount {Length} bytes: a view has 1 byte or more. Leave -Length out for all to the end.", Subject)
        : Length;

    /// <summary>
    /// Asks only where something would go: what lies there and is not this session's, or an address that cannot be, is
    /// refused anyway.
    /// </summary>
    private bool MayReplace(ShmSegment segment)
    {
        var page = Environment.SystemPageSize;
        if (!Replace || Force || Address <= 0 || (Address % page != 0 && !RoundAddress))
        {
            return true;
        }

        var place = Address / page * page;
        var length = Length > 0 ? Length : Math.Max(1, segment.Size - Offset);
        var going = LiveMappings.Within(place, length);
        return going.Count == 0 || ShouldContinue(
            $"The new mapping takes the place of pages from 0x{place:x} on of "
                + $"{string.Join(", ", going.Select(static mapping => mapping.ToString()))}. The rest of them stays.",
            "Replace mappings");
    }

    private protected override string[] TargetParameters => [.. base.TargetParameters, nameof(ProcessId)];

    private ShmSegment FindSegment() => IsTargetPiped ? TargetFinder.Find(InputObject).Segment : ParameterSetName switch
    {
        ParameterSets.Id => SysVSegments.FromId(Id),
        ParameterSets.Key => SysVSegments.FromKey(KeyArgument.Parse(Key)),
        ParameterSets.Path => SysVSegments.FromKey(SysVKey.FromPath(FileSystemPath(Path), ProjectId)),
        ParameterSets.Segment => TargetFinder.Find(Segment).Segment,
        ProcessSet => HeldSegments.FromDescriptor(ProcessId, Descriptor),
        AddressSet => HeldSegments.FromAddress(ProcessId, Address),
        _ => TargetFinder.Find(Name).Segment,
    };

    /// <summary>
    /// Waits until the segment is there and has its bytes: its maker may be between shm_open and ftruncate. Looks
    /// again after 1 ms at first and after 50 ms in the end.
    /// </summary>
    private ShmSegment WaitForSegment()
    {
        const int LongestPause = 50;
        var clock = Stopwatch.StartNew();
        for (var pause = 1; ; pause = Math.Min(pause * 2, LongestPause))
        {
            var (segment, reason) = Look();
            if (segment is not null)
            {
                return segment;
            }

            var rest = TimeoutSec - clock.Elapsed.TotalSeconds;
            if (rest <= 0)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout, string.Create(
                        CultureInfo.InvariantCulture,
                        $"Timed out after {TimeoutSec} s waiting for {Subject}: {reason}."),
                    Subject);
            }

            Cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(Math.Min(pause, Math.Max(1, rest * 1000))));
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>
    /// The least size at which the view is possible. What never is, isn't waited for: mounting says why.
    /// </summary>
    private long Needed =>
        Offset < 0 || Length > long.MaxValue - Offset ? 1 : Math.Min(Offset, long.MaxValue - 1) + Math.Max(1, Length);

    // An object says what was; whether it has its bytes now is asked again.
    private ShmSegment FindCurrent() => FindSegment() is var found && found.Kind is ShmKind.MemFd or ShmKind.Anonymous
        ? found
        : ShmSegments.Refresh(found);

    private (ShmSegment? Segment, string Reason) Look()
    {
        try
        {
            var segment = FindCurrent();
            if (segment.Size >= Needed)
            {
                return (segment, "");
            }

            if (ParameterSetName == ProcessSet)
            {
                HeldSegments.Release(segment);
            }

            return (null, $"it has {segment.Size} bytes of {Needed}");
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.SegmentNotFound)
        {
            return (null, "it is not there");
        }
    }
}
