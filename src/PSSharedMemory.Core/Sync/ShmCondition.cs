namespace PSSharedMemory;

/// <summary>What a wait is for.</summary>
public enum ShmCondition : long
{
    /// <summary>The value equals the operand.</summary>
    Equal,

    /// <summary>The value differs from the operand.</summary>
    NotEqual,

    /// <summary>The value is greater than the operand.</summary>
    GreaterThan,

    /// <summary>The value is less than the operand.</summary>
    LessThan,

    /// <summary>The value has at least one of the operand's bits.</summary>
    AnyBit,
}
