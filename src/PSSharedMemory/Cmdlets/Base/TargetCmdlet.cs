using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet with a target that is typed (position 0) or piped. After a piped target, position 0 is the cmdlet's own
/// first argument: PowerShell's binder cannot tell the two apart, so the arguments are moved here, by the names of the
/// parameters that it bound by position.
/// </summary>
public abstract class TargetCmdlet : ShmCmdlet
{
    private const string NameParameter = "Name";

    private bool _isMoved;
    private object? _inputObject;

    /// <summary>
    /// What the pipeline gives: a segment, a mapping, a stat, an attachment, a file, a name, or a row with a name or
    /// id.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? InputObject
    {
        // A value that is piped stays as it is.
        get => IsTargetPiped ? WithPath(_inputObject) : _inputObject;
        set => _inputObject = value;
    }

    /// <summary>The cmdlet's own parameters by position, after the target.</summary>
    private protected virtual string[] OwnPositions => [];

    /// <summary>Those of its own parameters that must be given.</summary>
    private protected virtual string[] Required => [];

    /// <summary>Whether the pipeline may give values for a target that is typed.</summary>
    private protected virtual bool TakesValues => false;

    /// <summary>Whether one call without a target means all.</summary>
    private protected virtual bool IsTargetOptional => false;

    /// <summary>The parameters that give a target.</summary>
    private protected virtual string[] TargetParameters =>
        [NameParameter, "LiteralName", "Id", "Key", "Path", "Segment", "Mapping", nameof(InputObject)];

    /// <summary>Whether the target comes from the pipeline, and what is typed is an argument.</summary>
    private protected bool IsTargetPiped { get; private set; }

    /// <summary>Whether the pipeline gives values, and the target is typed.</summary>
    private protected bool IsValuePiped => MyInvocation.ExpectingInput && !IsTargetPiped;

    /// <inheritdoc/>
    private protected sealed override void Begin()
    {
        if (!TakesValues)
        {
            Arrange(MyInvocation.ExpectingInput || IsBound(nameof(InputObject)));
        }

        Prepare();
    }

    /// <summary>What the base's Begin is for others: called once the arguments are in their places.</summary>
    private protected virtual void Prepare()
    {
    }

    /// <summary>
    /// Puts the arguments where they belong. A cmdlet that takes values from the pipeline calls it with the first
    /// object; for others the base has done so.
    /// </summary>
    private protected void Arrange(bool isTargetPiped)
    {
        if (_isMoved)
        {
            return;
        }

        _isMoved = true;
        IsTargetPiped = isTargetPiped;
        if (isTargetPiped)
        {
            MoveArguments();
        }
        else
        {
            KeepNull();
        }

        foreach (var name in Required.Where(name => (!IsBound(name) && !IsValuePiped) || IsNullText(name)))
        {
            Missing($"-{name} is missing: give it by name, or after the target.");
        }

        if (!isTargetPiped && !IsTargetOptional && !TargetParameters.Any(IsBound))
        {
            Missing($"Say what to work on: {Alternatives()}, or pipe a segment to it.");
        }
    }

    /// <summary>
    /// Whether the pipeline's first object is the target, though the cmdlet takes values from it too.
    /// </summary>
    private protected bool IsPipedTarget(object? first, object? typed, bool hasValue) =>
        IsBound(nameof(InputObject))
            && (!MyInvocation.ExpectingInput || !TargetParameters.Any(IsBoundByUser) || hasValue
            || TargetFinder.IsTargetObject(first) || (typed is not null && !MayBeTarget(typed)));

    // Not by an attribute: what is typed in the first place may turn out to be a value, which stays as it is.
    private protected object? WithPath(object? value, bool isPattern = false) =>
        NamePathAttribute.Read(value, SessionState, isPattern);

    private protected bool IsBound(string name) => MyInvocation.BoundParameters.ContainsKey(name);

    // A variable that was never set is a wrong name; it does not mean all.
    private void KeepNull()
    {
        if (IsBound(NameParameter) && GetType().GetProperty(NameParameter) is { } names
            && names.PropertyType == typeof(object[]) && names.GetValue(this) is null)
        {
            names.SetValue(this, new object?[] { null });
        }
    }

    // A path that is null is a variable that was never set, too.
    private bool IsNullText(string name) =>
        IsBound(name) && GetType().GetProperty(name) is { } property && property.PropertyType == typeof(string)
            && property.GetValue(this) is null;

    private bool IsBoundByUser(string name) => name != nameof(InputObject) && IsBound(name);

    private static bool MayBeTarget(object typed) =>
        PlainObject.Of(typed) is string || TargetFinder.IsTargetObject(typed);

    private void MoveArguments()
    {
        var positional = Positional();
        if (!positional.Contains(NameParameter))
        {
            if (TargetParameters.Where(static name => name != nameof(InputObject)).FirstOrDefault(IsBound) is { } other)
            {
                ThrowTerminatingError(ErrorRecords.Conflict($"Give -{other} or pipe a target, not both."));
            }

            return;
        }

        var values = positional.Select(name => MyInvocation.BoundParameters[name]).ToArray();
        foreach (var name in positional)
        {
            MyInvocation.BoundParameters.Remove(name);
        }

        GetType().GetProperty(NameParameter)!.SetValue(this, null);
        var places = new List<string>(OwnPositions.Where(name => !IsBound(name)));
        foreach (var value in values)
        {
            // A script block is never a number: where one is expected later, it goes there.
            var place = value is ScriptBlock
                ? places.FirstOrDefault(name => GetType().GetProperty(name)!.PropertyType == typeof(ScriptBlock))
                    ?? places.FirstOrDefault()
                : places.FirstOrDefault();
            if (place is null)
            {
                ThrowTerminatingError(new ErrorRecord(
                    new PSArgumentException($"'{value}' is one argument too many: the target comes from the pipeline."),
                    "PositionalParameterNotFound",
                    ErrorCategory.InvalidArgument,
                    value));
            }

            places.Remove(place!);
            Assign(place!, value);
        }
    }

    // The engine says which parameters it bound by position; without that, -Name is taken as typed by position.
    private string[] Positional() =>
        PSObject.AsPSObject(
            MyInvocation.BoundParameters).Properties["BoundPositionally"]?.Value is IEnumerable<string> names
            ? names.Where(name => name == NameParameter || OwnPositions.Contains(name)).ToArray()
            : IsBound(NameParameter) ? [NameParameter] : [];

    private void Assign(string name, object? value)
    {
        var property = GetType().GetProperty(name)!;
        try
        {
            // An array parameter got its one argument as an array; the argument itself is what was typed.
            value = value is object[] { Length: 1 } single ? single[0] : value;
            foreach (var transformation in property.GetCustomAttributes<ArgumentTransformationAttribute>())
            {
                value = transformation is NamePathAttribute path
                    ? WithPath(value, path.IsPattern) : transformation.Transform(null!, value!);
            }

            value = Conversion.To(value, property.PropertyType);
        }
        catch (Exception error) when (error is PSInvalidCastException or MetadataException)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"Cannot use '{value}' as -{name}: {error.Message}", error),
                "CannotConvertArgument",
                ErrorCategory.InvalidArgument,
                value));
        }

        property.SetValue(this, value);
        MyInvocation.BoundParameters[name] = value;
    }

    private string Alternatives() => string.Join(", ", TargetParameters
        .Where(name => name != nameof(InputObject) && MyInvocation.MyCommand.Parameters.ContainsKey(name))
        .Select(static name => $"-{name}"));

    private void Missing(string message) => ThrowTerminatingError(new ErrorRecord(
        new PSArgumentException($"{MyInvocation.MyCommand.Name}: {message}"), "MissingMandatoryParameter",
        ErrorCategory.InvalidArgument, null));
}
