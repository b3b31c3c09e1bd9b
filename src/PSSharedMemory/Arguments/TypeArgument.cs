using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Reads -As once, so that the parameter itself is of an ordinary type. What is no type stays as it was given, for the
/// cmdlet to refuse.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DataTypeAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        try
        {
            return TypeArgument.Of(inputData);
        }
        catch (PSInvalidCastException)
        {
            return inputData;
        }
    }
}

/// <summary>
/// What -As takes: the name of a scalar type, 'String', 'CString', a .NET type, a type that New-ShmType made, or a type
/// as C names or declares it ('uint16_t', 'struct { int x; }').
/// </summary>
internal sealed class TypeArgument
{
    // The cmdlet reports an error in a declaration, so that it has one of this module's ids.
    private readonly Func<ShmType>? _find;
    private ShmType? _layout;

    /// <summary>Takes a name or a type.</summary>
    /// <exception cref="PSInvalidCastException">It is neither; the binder's id stays.</exception>
    public TypeArgument(object input)
    {
        Input = PlainObject.Of(input);
        if (Input is PSCustomObject)
        {
            throw new PSInvalidCastException(
                "This object isn't a data type: a type of New-ShmType is lost on its way through a job or a file. "
                    + "Make it here with New-ShmType, or give its declaration.");
        }

        switch (Input is string text ? WithoutBrackets(text) : Input)
        {
            case Type { IsArray: true } type:
                throw Unsized(type.GetElementType()!.Name);
            case string name when name.EndsWith("[]", StringComparison.Ordinal)
                && !name.Contains('{', StringComparison.Ordinal):
                throw Unsized(name[..^2].TrimEnd());
            case Type type when type == typeof(DateTime) || type == typeof(DateTimeOffset):
                throw Ticks();
            case string name when name.ToUpperInvariant() is "DATETIME" or "DATETIMEOFFSET" or "SYSTEM.DATETIME":
                throw Ticks();
            case Type type when type == typeof(nint):
            case string name when name.Equals("IntPtr", StringComparison.OrdinalIgnoreCase):
                Scalar = ShmScalar.Int64;
                break;
            case Type type when type == typeof(nuint):
            case string name when name.Equals("UIntPtr", StringComparison.OrdinalIgnoreCase):
                Scalar = ShmScalar.UInt64;
                break;
            case ShmScalar scalar:
                Scalar = scalar;
                break;
            case Type type when ShmScalars.FromType(type) is { } scalar:
                Scalar = scalar;
                break;
            case Type type when type == typeof(string):
                IsString = true;
                break;
            case string name when name.Equals("String", StringComparison.OrdinalIgnoreCase):
                IsString = true;
                break;
            case string name when name.Equals("CString", StringComparison.OrdinalIgnoreCase):
                IsCString = true;
                break;
            case string name when name.Equals("PythonList", StringComparison.OrdinalIgnoreCase):
                IsPythonList = true;
                break;
            case string name when name.Equals("Boolean", StringComparison.OrdinalIgnoreCase)
                || name.Equals("bool", StringComparison.OrdinalIgnoreCase):
                _layout = ShmType.ParseName("bool");
                break;
            case Type type when type == typeof(bool):
                _layout = ShmType.ParseName("bool");
                break;
            case string name when Conversion.TryTo<ShmScalar>(name, out var scalar)
                && !char.IsAsciiDigit(name[0]):
                Scalar = scalar;
                break;
            case string name when LanguagePrimitives.TryConvertTo<Type>(name, out var type)
                && ShmScalars.FromType(type) is { } scalar:
                Scalar = scalar;
                break;
            case ShmType type:
                _layout = type;
                break;
            case Type type when IsOfOwnLayout(type):
                _find = () => ShmType.FromType(type);
                break;
            case string name when name.Contains('{', StringComparison.Ordinal):
                _find = () => ShmType.Parse(name.TrimEnd().EndsWith(';') ? name : name + ";");
                break;
            case string name when CName(name) is { } type:
                // uint16_t is UInt16, byte order and all; other types are read and written as C lays them out.
                // A byte order of its own (__be32) needs the layout.
                Scalar = !type.HasOwnByteOrder() ? Number(type) : null;
                _layout = Scalar is null ? type : null;
                break;
            case string name when LanguagePrimitives.TryConvertTo<Type>(name, out var type)
                && IsOfOwnLayout(type):
                _find = () => ShmType.FromType(type);
                break;
            default:
                throw new PSInvalidCastException(
                    $"'{Input}' isn't a data type. Use {string.Join(", ", Enum.GetNames<ShmScalar>())}, Boolean, "
                        + "String, CString, PythonList, "
                    + "or a type of New-ShmType.");
        }
    }

    /// <summary>What an argument names; null where none was given.</summary>
    /// <exception cref="PSInvalidCastException">It names no type; the binder's id stays.</exception>
    public static TypeArgument? Of(object? input) => PlainObject.Of(input) switch
    {
        null => null,
        TypeArgument type => type,
        { } other => new TypeArgument(other),
    };

    /// <summary>The layout, if it is a type with one; null for numbers and text.</summary>
    /// <exception cref="ShmException">InvalidDefinition: the declaration or the class has none.</exception>
    public ShmType? Layout => _layout ??= _find?.Invoke();

    /// <summary>What was given.</summary>
    public object Input { get; }

    /// <summary>The number type, if it is one.</summary>
    public ShmScalar? Scalar { get; }

    /// <summary>Text of a known length.</summary>
    public bool IsString { get; }

    /// <summary>Text to its NUL.</summary>
    public bool IsCString { get; }

    /// <summary>A ShareableList of Python's multiprocessing.shared_memory.</summary>
    public bool IsPythonList { get; }

    /// <summary>As given.</summary>
    public override string ToString() => $"{Input}";

    // As an argument, [int] is text.
    private static string WithoutBrackets(string name) =>
        name is ['[', .. var inner, ']'] && !inner.Contains('[', StringComparison.Ordinal) ? inner : name;

    private static PSInvalidCastException Unsized(string element) => new(
        $"An array of '{element}' has no length of its own. Use -As {element} with -Count.");

    private static PSInvalidCastException Ticks() => new(
        "A date is written, without -As, as its ticks in UTC. Read them with -As Int64, and make a date of them with "
            + "[datetime]::new(ticks, 'Utc').");

    private static bool IsOfOwnLayout(Type type) =>
        (type.IsEnum || !type.IsPrimitive) && !type.IsPointer && !type.IsArray && type != typeof(object);

    private static ShmScalar? Number(ShmType type) => type.IsAtomic
        ? null
        : (type.Kind, type.Size, type.IsSigned) switch
        {
            (ShmTypeKind.Number, 1, false) => ShmScalar.Byte,
            (ShmTypeKind.Number, 1, true) => ShmScalar.SByte,
            (ShmTypeKind.Number, 2, false) => ShmScalar.UInt16,
            (ShmTypeKind.Number, 2, true) => ShmScalar.Int16,
            (ShmTypeKind.Number, 4, false) => ShmScalar.UInt32,
            (ShmTypeKind.Number, 4, true) => ShmScalar.Int32,
            (ShmTypeKind.Number, 8, false) => ShmScalar.UInt64,
            (ShmTypeKind.Number, 8, true) => ShmScalar.Int64,
            (ShmTypeKind.FloatingPoint, 4, _) => ShmScalar.Single,
            (ShmTypeKind.FloatingPoint, 8, _) => ShmScalar.Double,
            _ => null,
        };

    private static ShmType? CName(string name)
    {
        try
        {
            return ShmType.ParseName(name);
        }
        catch (ShmException)
        {
            return null;
        }
    }
}
