using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Reads typed data.</summary>
[Cmdlet(VerbsCommunications.Read, "ShmData", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(byte[]), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long),
    typeof(ulong), typeof(float), typeof(double), typeof(bool), typeof(string), typeof(PSObject))]
public sealed class ReadShmDataCommand : DataTargetCmdlet
{
    [Parameter]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long? Count { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long? Stride { get; set; }

    [Parameter(Position = 1)]
    [Alias("Type")]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    private TypeArgument? DataType => Understand(As, TypeArgument.Of);

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FieldPathCompleter))]
    public string[]? Field { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long[]? Shape { get; set; }

    [Parameter]
    [ValidateCount(1, 2)]
    [ArgumentCompleter(typeof(FieldPathCompleter))]
    public object[]? SequenceLock { get; set; }

    [Parameter]
    [Alias("T")]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    private protected override string[] OwnPositions => [nameof(As)];

    private protected override ShmProtection Need => ShmProtection.Read;

    private Encoding TextEncoding => Encoding ?? System.Text.Encoding.UTF8;

    private protected override void Serve(ShmMapping mapping)
    {
        if (TimeoutSec is not null && SequenceLock is null)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                "-TimeoutSec is for -SequenceLock: nothing else waits. Wait-ShmValue waits for a value.", TimeoutSec);
        }

        var sequence = SequenceLock is null
            ? null
            : SequenceCounters.Find(
                mapping, SequenceLock, DataType?.Layout, Offset, Order, Seconds(TimeoutSec), Cancellation);
        if (Stride is not null)
        {
            WriteEach(sequence is null ? ReadApart(mapping) : sequence.Read(() => ReadApart(mapping).ToList()));
            return;
        }

        if (sequence is null && !NoEnumerate && Shape is null && Field is null && Count is { } count
            && DataType is { IsPythonList: false, Layout: { } layout })
        {
            WriteEach(TypedData.ReadEach(mapping, layout, Offset, count, Encoding, Order));
            return;
        }

        var value = sequence is null ? ReadOnce(mapping) : ReadSteady(mapping, sequence);

        // Bytes that were not counted one by one are one thing, as are the rows and columns of -Shape.
        var isWhole = NoEnumerate || Shape is not null || (value is byte[] && (DataType is null || Count is null));
        if (!isWhole && value is IEnumerable and not string)
        {
            WriteEach((IEnumerable)value);
        }
        else
        {
            WriteObject(value);
        }
    }

    /// <summary>
    /// One after the other: PowerShell's own enumeration wraps all of them before it passes on the first, and most
    /// of a million may not be wanted.
    /// </summary>
    private void WriteEach(IEnumerable values)
    {
        foreach (var one in values)
        {
            WriteObject(one);
        }
    }

    private object ReadOnce(ShmMapping mapping) => Shape is null ? Read(mapping) : ReadShaped(mapping);

    /// <summary>
    /// Between two writes of somebody else. A large struct takes longer to decode than to copy: a writer that is never
    /// still for so long would never let it through.
    /// </summary>
    private object ReadSteady(ShmMapping mapping, ShmSequenceLock sequence) =>
        Shape is null && Field is null && DataType is { IsPythonList: false, Layout: { } layout }
            ? TypedData.ReadSteady(mapping, layout, Offset, Count, Encoding, Order, sequence)
            : sequence.Read(() => ReadOnce(mapping));

    /// <summary>
    /// One value each so many bytes: a column of an array of structs whose other members are not known.
    /// </summary>
    private IEnumerable<object> ReadApart(ShmMapping mapping)
    {
        if (DataType is null || Shape is not null)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind, "-Stride is for values of a type: give -As, and not -Shape.", As);
        }

        var (start, count) = (Offset, Count);
        var size = DataType.Scalar is { } scalar ? ShmScalars.SizeOf(scalar) : DataType.Layout?.Size ?? 1;
        try
        {
            Count = null;
            for (long i = 0; count is null ? Offset <= mapping.Length - size : i < count; i++)
            {
                Cancellation.ThrowIfCancellationRequested();
                yield return Read(mapping);
                Offset = Offset > long.MaxValue - Stride!.Value ? long.MaxValue : Offset + Stride.Value;
            }
        }
        finally
        {
            (Offset, Count) = (start, count);
        }
    }

    /// <summary>An array of several dimensions, the last index closest: as C and NumPy keep them.</summary>
    private Array ReadShaped(ShmMapping mapping)
    {
        if (Field is not null || DataType?.Scalar is not { } scalar)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                "-Shape is for arrays of numbers: give -As Double or another number type.", As);
        }

        var count = Shape!.Aggregate(
            (Int128)1, static (product, length) => Int128.Min(product * length, long.MaxValue));
        if (Count is { } given && given != count)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"-Shape {string.Join(',', Shape!)} has {count} values and -Count says {given}. Leave -Count out.",
                mapping);
        }

        var values = ShmScalars.ReadArray(
            mapping.Reader, scalar, Offset, CheckedCount(mapping, (long)count), Order);
        var shaped = Array.CreateInstance(ShmScalars.TypeOf(scalar), Shape!);
        Buffer.BlockCopy(values, 0, shaped, 0, Buffer.ByteLength(values));
        return shaped;
    }

    private object Read(ShmMapping mapping)
    {
        if (DataType is { IsPythonList: true })
        {
            TypedData.RefuseField(Field?[0]);
            return PythonList.Read(mapping, Offset);
        }

        if (DataType?.Layout is { } layout)
        {
            return Field is { Length: > 1 }
                ? TypedData.ReadFields(mapping, layout, Offset, Field, Encoding, Order)
                : TypedData.Read(
                    mapping, layout, Offset, Field is { Length: 1 } ? Field[0] : null, Count, Encoding, Order);
        }

        TypedData.RefuseField(Field?[0]);
        if (DataType is { IsCString: true })
        {
            return Count is { } room
                ? mapping.Reader.ReadCString(Offset, CheckedCount(mapping, room), TextEncoding)
                : mapping.Reader.ReadCString(Offset, TextEncoding);
        }

        if (DataType is { IsString: true })
        {
            return mapping.Reader.ReadString(
                Offset, CheckedCount(mapping, Count ?? mapping.Length - Offset), TextEncoding);
        }

        var scalar = DataType?.Scalar ?? ShmScalar.Byte;
        if (Count is null && scalar != ShmScalar.Byte)
        {
            return ShmScalars.ReadArray(mapping.Reader, scalar, Offset, 1, Order).GetValue(0)!;
        }

        return ShmScalars.ReadArray(
            mapping.Reader, scalar, Offset, CheckedCount(mapping, Count ?? mapping.Length - Offset), Order);
    }

    private int CheckedCount(ShmMapping mapping, long count) => count is >= 0 and <= int.MaxValue
        ? (int)count
        : throw new ShmException(
            ShmErrorId.OutOfRange,
            count < 0
                ? Count < 0 ? $"Cannot read {Count} values of {mapping.Segment}: a count is 0 or more."
                : $"Cannot read {mapping.Segment} from offset {Offset}: it has {mapping.Length} bytes."
                : $"Cannot read {count} values of {mapping} at once: an array has at most {int.MaxValue}. Read it in "
                    + "pieces with -Offset and -Count.",
            mapping);
}
