using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Adds to the catalogue of origins: one of one's own, or those of a file.</summary>
[Cmdlet(VerbsLifecycle.Register, "ShmOrigin", SupportsShouldProcess = true,
    DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmOrigin))]
public sealed class RegisterShmOriginCommand : ShmCmdlet
{
    private const string MemFd = "memfd:";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ParameterSets.Name,
        HelpMessage = "The program that the memory belongs to.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string Name { get; set; } = "";

    [Parameter(Position = 1, ParameterSetName = ParameterSets.Name)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string[] Pattern { get; set; } = [];

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string[] Key { get; set; } = [];

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Magic { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ValidateRange(0, ShmOriginMagic.Reach - 1)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int MagicOffset { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string Description { get; set; } = "";

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string Release { get; set; } = "";

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string[] ProcessName { get; set; } = [];

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string[] Holder { get; set; } = [];

    [Parameter(ParameterSetName = ParameterSets.Name)]
    public SwitchParameter OutlivesUsers { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public string Source { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "A file of origins, in the form of the module's own origins.json.")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == ParameterSets.Path)
        {
            Attempt(Path, () =>
            {
                if (ShouldProcess(Path, "Register the origins of a file"))
                {
                    Write(ShmOrigins.Register(FileSystemPath(Path)));
                }
            });
            return;
        }

        if (Pattern.Length == 0 && Key.Length == 0 && Magic is null && Holder.Length == 0)
        {
            ThrowTerminatingError(
                ErrorRecords.Conflict("Give -Pattern, -Key, -Magic or -Holder to identify the memory."));
        }

        Attempt(Name, () =>
        {
            var origin = new ShmOrigin(
                Name,
                [.. Pattern.Select(static text =>
                    text.StartsWith(MemFd, StringComparison.Ordinal) ? text : PosixName.ParsePattern(text))],
                [.. Key.Select(Keys)],
                Magic is null
                    ? []
                    : [new ShmOriginMagic(MagicOffset, BytePattern.From(Magic, null, null, ShmByteOrder.Native))],
                Description, Release, ProcessName, OutlivesUsers, Source,
                // Names are taken by their beginning anyhow.
                [.. Holder.Select(static text => text.TrimEnd('*'))]);
            if (ShouldProcess(Name, "Register the origin"))
            {
                ShmOrigins.Register(origin);
                Write([origin]);
            }
        });
    }

    private static ShmOriginKeys Keys(string text) => ShmOriginKeys.TryParse(text, out var keys)
        ? keys!
        : throw new ShmException(
            ShmErrorId.InvalidKey,
            $"'{text}' isn't a key or a range of keys. Use a 32-bit number such as 0x1234, or 0x1000-0x10ff.", text);

    private void Write(IReadOnlyList<ShmOrigin> origins)
    {
        if (PassThru)
        {
            var names = origins.Select(static origin => origin.Name).ToHashSet();
            foreach (var origin in ShmOrigins.All.Where(origin => names.Contains(origin.Name)))
            {
                WriteRow(origin);
            }
        }
    }
}
