using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Waits for a key of a dictionary; its value.</summary>
[Cmdlet(VerbsLifecycle.Wait, "ShmDictionaryKey", DefaultParameterSetName = UntilSet)]
[OutputType(typeof(object))]
public sealed class WaitShmDictionaryKeyCommand : ShmCmdlet
{
    private const string UntilSet = "Until";
    private const string GoneSet = "Gone";

    [Parameter(Mandatory = true, Position = 0, HelpMessage = "A dictionary, or its name.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public object Dictionary { get; set; } = null!;

    [Parameter(Mandatory = true, Position = 1, HelpMessage = "The key to wait for.")]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object Key { get; set; } = null!;

    [Parameter(Position = 2, ParameterSetName = UntilSet)]
    public ScriptBlock? Until { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = GoneSet, HelpMessage = "Waits until the key is gone.")]
    public SwitchParameter Gone { get; set; }

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Key, () =>
    {
        using var dictionary = new DictionaryArgument(Dictionary).Open();
        try
        {
            var value = dictionary.Value.WaitFor(Key, IsMet, Seconds(TimeoutSec), Cancellation);
            if (!Gone)
            {
                WriteObject(value);
            }
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.WaitTimeout)
        {
            var end = Gone ? " to be gone" : Until is null ? "" : " to have the value that -Until wants";
            throw new ShmException(
                ShmErrorId.WaitTimeout,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Timed out after {TimeoutSec:0.###} s waiting for key '{Key}' of {dictionary.Value}{end}."),
                Key);
        }
    });

    private bool IsMet(bool isThere, object? value)
    {
        if (Gone || !isThere)
        {
            return isThere != Gone;
        }

        return Until is null || LanguagePrimitives.IsTrue(Results(value));
    }

    private Collection<PSObject> Results(object? value) => Until!.InvokeWithContext(null, [new PSVariable("_", value)]);
}
