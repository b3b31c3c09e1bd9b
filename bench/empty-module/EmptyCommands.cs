using System.Management.Automation;

namespace PSSharedMemory.Benchmarks.EmptyModule;

/// <summary>As many parameters as Read-ShmData, and nothing done.</summary>
[Cmdlet(VerbsCommunications.Read, "Empty", DefaultParameterSetName = "Mapping")]
public sealed class ReadEmptyCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Mapping")]
    public object? Mapping { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Name")]
    public string? Name { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Id")]
    public int Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Key")]
    public string? Key { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Segment")]
    public PSObject? Segment { get; set; }

    [Parameter]
    public long Offset { get; set; }

    [Parameter]
    public long? Count { get; set; }

    [Parameter(Position = 1)]
    public object? As { get; set; }

    [Parameter]
    public string? Field { get; set; }

    [Parameter]
    public string? Encoding { get; set; }

    [Parameter]
    public ConfirmImpact ByteOrder { get; set; }

    protected override void ProcessRecord()
    {
    }
}

/// <summary>As many parameters as Write-ShmData, and nothing done.</summary>
[Cmdlet(VerbsCommunications.Write, "Empty", SupportsShouldProcess = true, DefaultParameterSetName = "Mapping")]
public sealed class WriteEmptyCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Mapping")]
    public object? Mapping { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Name")]
    public string? Name { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Id")]
    public int Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Key")]
    public string? Key { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Segment")]
    public PSObject? Segment { get; set; }

    [Parameter(Mandatory = true, Position = 1)]
    public object? Value { get; set; }

    [Parameter]
    public long Offset { get; set; }

    [Parameter(Position = 2)]
    public object? As { get; set; }

    [Parameter]
    public string? Field { get; set; }

    [Parameter]
    public string? Encoding { get; set; }

    [Parameter]
    public ConfirmImpact ByteOrder { get; set; }

    [Parameter]
    public SwitchParameter NullTerminated { get; set; }

    protected override void ProcessRecord() => ShouldProcess("nothing", "Do nothing");
}
