using System;

namespace PSSharedMemory;

/// <summary>
/// How many elements an array field has, or how many bytes a string field takes, when a class serves as a type:
/// <c>[PSSharedMemory.ShmLength(16)] [string] $Name</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class ShmLengthAttribute : Attribute
{
    /// <summary>Makes the attribute.</summary>
    /// <param name="length">Elements of an array, bytes of a string; 0 or more.</param>
    public ShmLengthAttribute(int length) => Length = length;

    /// <summary>Elements of an array, bytes of a string.</summary>
    public int Length { get; }
}
