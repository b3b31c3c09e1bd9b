using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Waits for a value; the value seen.</summary>
[Cmdlet(VerbsLifecycle.Wait, "ShmValue", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(int), typeof(uint), typeof(long), typeof(ulong))]
public sealed class WaitShmValueCommand : AtomicTargetCmdlet
{
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Equal { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? NotEqual { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? GreaterThan { get; set; }

    [Parameter]
    [Alias("L")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? LessThan { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? AnyBit { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? ChangedFrom { get; set; }

    [Parameter]
    [Alias("T")]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    private protected override string[] Choices =>
        [nameof(Equal), nameof(NotEqual), nameof(GreaterThan), nameof(LessThan), nameof(AnyBit), nameof(ChangedFrom)];

    private protected override ShmProtection Need => ShmProtection.Read;

    private protected override void Serve<T>(ShmMapping mapping)
    {
        var (condition, operand) = Choice switch
        {
            nameof(NotEqual) => (ShmCondition.NotEqual, AtomicNumber.Value<T>(NotEqual!)),
            nameof(GreaterThan) => (ShmCondition.GreaterThan, AtomicNumber.Value<T>(GreaterThan!)),
            nameof(LessThan) => (ShmCondition.LessThan, AtomicNumber.Value<T>(LessThan!)),
            nameof(AnyBit) => (ShmCondition.AnyBit, AtomicNumber.Bits<T>(AnyBit!)),
            nameof(ChangedFrom) => (ShmCondition.NotEqual, AtomicNumber.Value<T>(ChangedFrom!)),
            _ => (ShmCondition.Equal, AtomicNumber.Value<T>(Equal!)),
        };
        if (condition == ShmCondition.AnyBit && T.IsZero(operand))
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, "-AnyBit needs at least one bit, and 0 has none.", AnyBit);
        }

        WriteObject(ShmWait.Wait(mapping, Place, condition, operand, Seconds(TimeoutSec), Cancellation));
    }
}
