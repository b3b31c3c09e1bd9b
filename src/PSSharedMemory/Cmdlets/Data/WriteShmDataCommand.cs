using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Writes typed data.</summary>
[Cmdlet(VerbsCommunications.Write, "ShmData", SupportsShouldProcess = true,
    DefaultParameterSetName = ParameterSets.Name)]
public sealed class WriteShmDataCommand : DataTargetCmdlet
{
    [Parameter(Position = 1, HelpMessage = "A number, text, an array, or values of a struct's fields.")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Value { get; set; }

    [Parameter(Position = 2)]
    [Alias("Type")]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    private TypeArgument? DataType => Understand(As, TypeArgument.Of);

    [Parameter]
    [ArgumentCompleter(typeof(FieldPathCompleter))]
    public string? Field { get; set; }

    [Parameter]
    public SwitchParameter NullTerminated { get; set; }

    private protected override string[] OwnPositions => [nameof(Value), nameof(As)];

    private protected override string[] Required => [nameof(Value)];

    private protected override bool TakesValues => true;

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        Arrange(IsPipedTarget(InputObject, Name, IsBound(nameof(Value))));
        if (IsValuePiped)
        {
            Value = InputObject;
        }

        base.ProcessRecord();
    }

    private protected override void Serve(ShmMapping mapping)
    {
        if ((DataType is { } type ? type.Layout : LayoutOf(Value)) is { } layout)
        {
            var patch = TypedData.Encode(layout, Value, Field, Encoding, Order);
            if (ShouldProcess(
                mapping.Segment.Label,
                $"Write {Words.Count(patch.ByteCount, "byte")} of '{layout.Name}' at offset {Offset}"))
            {
                patch.ApplyTo(mapping, Offset);
            }

            // What comes next from the pipeline stands behind it.
            Advance(layout.Size);

            return;
        }

        TypedData.RefuseField(Field);
        if (DataType is { IsPythonList: true })
        {
            WriteList(mapping);
            return;
        }

        var data = WritableData.From(Value, DataType, Encoding, NullTerminated);
        if (ShouldProcess(mapping.Segment.Label, $"Write {Words.Count(data.ByteCount, "byte")} at offset {Offset}"))
        {
            data.WriteTo(mapping, Offset, Order);
        }

        Advance(data.ByteCount);
    }

    // A Guid has its 16 bytes, as a struct of C# has its own; numbers and dates have theirs as scalars.
    private static ShmType? LayoutOf(object? value)
    {
        if (PlainObject.Of(value) is not ValueType plain || plain is Enum or DateTime or DateTimeOffset or TimeSpan
            || plain.GetType().IsPrimitive)
        {
            return null;
        }

        try
        {
            return ShmType.FromType(plain.GetType());
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.InvalidDefinition)
        {
            return null;
        }
    }

    private void WriteList(ShmMapping mapping)
    {
        var value = PowerShellValues.Instance.Unwrap(Value);
        var items = value is IEnumerable several and not (string or byte[]
            or IDictionary) ? several.Cast<object?>() : [value];
        var bytes = PythonList.Encode([.. items.Select(PowerShellValues.Instance.Unwrap)]);
        var size = Words.Count(bytes.Length, "byte");
        if (ShouldProcess(mapping.Segment.Label, $"Write a Python list of {size} at offset {Offset}"))
        {
            mapping.Writer.WriteBytes(Offset, bytes);
        }
    }

    private void Advance(long byteCount)
    {
        if (IsValuePiped)
        {
            Offset += byteCount;
        }
    }
}
