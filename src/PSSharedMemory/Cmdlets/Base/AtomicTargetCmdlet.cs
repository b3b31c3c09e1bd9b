using System.Linq;
using System.Management.Automation;
using System.Numerics;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet for one aligned value of 32 or 64 bits, which does one of several things to it.</summary>
public abstract class AtomicTargetCmdlet : PlaceTargetCmdlet
{
    private long _fieldOffset;

    /// <summary>Int32, UInt32, Int64 or UInt64.</summary>
    [Parameter]
    [Alias("Type")]
    [ArgumentCompleter(typeof(AtomicTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object As { get; set; } = ShmScalar.Int32;

    private TypeArgument DataType => Understand(As, TypeArgument.Of)!;

    /// <summary>A field of the type that -As gives, by its path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FieldPathCompleter))]
    public string? Field { get; set; }

    /// <summary>Bytes from the start of the mapping to the value.</summary>
    private protected long Place { get; private set; }

    /// <summary>The value's type, for a message.</summary>
    private protected ShmScalar Scalar { get; private set; }

    /// <summary>The parameters of which exactly one is given.</summary>
    private protected abstract string[] Choices { get; }

    /// <summary>The one that is.</summary>
    private protected string Choice { get; private set; } = "";

    /// <inheritdoc/>
    private protected sealed override void Prepare()
    {
        var given = Choices.Where(MyInvocation.BoundParameters.ContainsKey).ToArray();
        if (given.Length != 1 || !IsComplete)
        {
            Refuse($"Give one of -{string.Join(", -", Choices)}{Completion}.", "AmbiguousParameterSet");
        }

        if (Field is not null)
        {
            Scalar = Require(DataType.Input, FieldType);
        }
        else if (DataType.Scalar is not (ShmScalar.Int32 or ShmScalar.UInt32 or ShmScalar.Int64 or ShmScalar.UInt64))
        {
            Refuse(
                $"-As takes Int32, UInt32, Int64 or UInt64, not {DataType}: only these can be used atomically. With a "
                    + "struct, name its field with -Field.",
                "ParameterArgumentValidationError");
        }
        else
        {
            Scalar = DataType.Scalar.Value;
        }

        Choice = given[0];
    }

    /// <summary>Whether what the choice needs is there as well.</summary>
    private protected virtual bool IsComplete => true;

    /// <summary>What more must be given, for a message.</summary>
    private protected virtual string Completion => "";

    private protected sealed override void Serve(ShmMapping mapping)
    {
        Place = Offset + _fieldOffset;
        switch (Scalar)
        {
            case ShmScalar.UInt32:
                Serve<uint>(mapping);
                break;
            case ShmScalar.Int64:
                Serve<long>(mapping);
                break;
            case ShmScalar.UInt64:
                Serve<ulong>(mapping);
                break;
            default:
                Serve<int>(mapping);
                break;
        }
    }

    /// <summary>Does it, once the type is known.</summary>
    private protected abstract void Serve<T>(ShmMapping mapping)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>;

    /// <summary>The number type of the field, which has to be one that atomic operations know.</summary>
    private ShmScalar FieldType()
    {
        if (DataType.Layout is not { } layout)
        {
            TypedData.RefuseField(Field);
            return default;
        }

        var field = layout.GetField(Field!);
        _fieldOffset = field.Offset;
        var number = field.Type.Kind == ShmTypeKind.Enumeration ? field.Type.ElementType! : field.Type;
        var isPlain = field.BitWidth is null && !ShmByteOrder.Native.IsSwappedFor(field.Type)
            && number.Kind is ShmTypeKind.Number or ShmTypeKind.Address;
        return (isPlain ? number.Size : 0, number.IsSigned) switch
        {
            (4, true) => ShmScalar.Int32,
            (4, false) => ShmScalar.UInt32,
            (8, true) => ShmScalar.Int64,
            (8, false) => ShmScalar.UInt64,
            _ => throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"'{Field}' is {field.TypeName}{(field.BitWidth is { } width ? $" : {width}" : "")}: "
                + "only whole numbers of 32 or 64 bits in the host's byte order can be used atomically.",
                Field),
        };
    }

    private void Refuse(string message, string id) => ThrowTerminatingError(new ErrorRecord(
        new PSArgumentException(message), id, ErrorCategory.InvalidArgument, null));
}
