using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Starts a program that receives a segment, and nothing else.</summary>
[Cmdlet(VerbsLifecycle.Start, "ShmProcess", SupportsShouldProcess = true,
    DefaultParameterSetName = SegmentByDescriptor)]
[OutputType(typeof(ShmProcess))]
public sealed class StartShmProcessCommand : ShmCmdlet
{
    private const string SegmentByDescriptor = "SegmentDescriptor";
    private const string SegmentByVariable = "SegmentVariable";
    private const string MappingByDescriptor = "MappingDescriptor";
    private const string MappingByVariable = "MappingVariable";

    [Parameter(Mandatory = true, Position = 0, HelpMessage = "The program to run.")]
    public string FilePath { get; set; } = "";

    [Parameter(Position = 1)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? ArgumentList { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = SegmentByDescriptor,
        HelpMessage = "A name such as /orders, a segment, or a mapping.")]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = SegmentByVariable,
        HelpMessage = "A name such as /orders, a segment, or a mapping.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    public object? Segment { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = MappingByDescriptor,
        HelpMessage = "A mapping, as Mount-ShmSegment gives it.")]
    [Parameter(Mandatory = true, ParameterSetName = MappingByVariable,
        HelpMessage = "A mapping, as Mount-ShmSegment gives it.")]
    [ArgumentCompleter(typeof(NoCompleter))]
    public ShmMapping? Mapping { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = SegmentByDescriptor,
        HelpMessage = "The descriptor number under which the program finds it.")]
    [Parameter(Mandatory = true, ParameterSetName = MappingByDescriptor,
        HelpMessage = "The descriptor number under which the program finds it.")]
    [ValidateRange(0, int.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int? Descriptor { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = SegmentByVariable,
        HelpMessage = "The environment variable that holds the name, id or descriptor.")]
    [Parameter(Mandatory = true, ParameterSetName = MappingByVariable,
        HelpMessage = "The environment variable that holds the name, id or descriptor.")]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string? EnvironmentVariable { get; set; }

    [Parameter]
    public SwitchParameter Wait { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt((object?)Mapping ?? Segment, () =>
    {
        var target = TargetFinder.Find((object?)Mapping ?? Segment);
        var mapping = target.Mapping;
        var arguments = ArgumentList ?? [];
        var options = new ShmProcessOptions
        {
            FilePath = FilePath,
            ArgumentList = arguments,
            Segment = target.Segment,
            Descriptor = Descriptor,
            EnvironmentVariable = EnvironmentVariable,
            WorkingDirectory = SessionState.Path.CurrentFileSystemLocation.ProviderPath,
        };

        var how = Descriptor is { } number ? $"at descriptor {number}" : $"in variable {EnvironmentVariable}";
        mapping?.ThrowIfDismounted();
        if (!ShouldProcess(
            $"{FilePath} {string.Join(' ', arguments)}".TrimEnd(), $"Start process with {options.Segment} {how}"))
        {
            return;
        }

        var process = mapping is null ? ShmProcess.Start(options) : ShmProcess.Start(options, mapping);
        WriteVerbose($"posix_spawn: {process}, with {process.Segment} {how}.");
        if (Wait)
        {
            process.WaitForExit(cancellation: Cancellation);
            WriteVerbose($"{process} ended with exit code {process.ExitCode}.");
            SessionState.PSVariable.Set("global:LASTEXITCODE", process.ExitCode);
        }

        if (PassThru)
        {
            WriteRow(process);
        }
    });
}
