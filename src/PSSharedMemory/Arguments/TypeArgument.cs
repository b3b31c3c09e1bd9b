using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>What -As takes: the name of a scalar type, 'String', 'CString', or a .NET type.</summary>
public sealed class TypeArgument
{
    /// <summary>Takes a name or a type.</summary>
    /// <exception cref="PSInvalidCastException">It is neither; the binder's id stays.</exception>
    public TypeArgument(object input)
    {
        Input = (input as PSObject)?.BaseObject ?? input;
        switch (Input)
        {
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
            case string name when LanguagePrimitives.TryConvertTo<ShmScalar>(name, out var scalar) && !char.IsAsciiDigit(name[0]):
                Scalar = scalar;
                break;
            case string name when LanguagePrimitives.TryConvertTo<Type>(name, out var type) && ShmScalars.FromType(type) is { } scalar:
                Scalar = scalar;
                break;
            default:
                throw new PSInvalidCastException(
                    $"'{Input}' is no type of data. Give {string.Join(", ", Enum.GetNames<ShmScalar>())}, String or CString.");
        }
    }

    /// <summary>What was given.</summary>
    public object Input { get; }

    /// <summary>The number type, if it is one.</summary>
    public ShmScalar? Scalar { get; }

    /// <summary>Text of a known length.</summary>
    public bool IsString { get; }

    /// <summary>Text to its NUL.</summary>
    public bool IsCString { get; }

    /// <summary>As given.</summary>
    public override string ToString() => $"{Input}";
}
