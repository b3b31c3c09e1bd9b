using System.Linq;
using System.Management.Automation;
using System.Numerics;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet for one aligned value of 32 or 64 bits, which does one of several things to it.</summary>
public abstract class AtomicTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter(Position = 1)]
    public long Offset { get; set; }

    /// <summary>Int32, UInt32, Int64 or UInt64.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AtomicTypeCompleter))]
    public TypeArgument As { get; set; } = new(ShmScalar.Int32);

    private protected override string[] OwnPositions => [nameof(Offset)];

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

        if (As.Scalar is not (ShmScalar.Int32 or ShmScalar.UInt32 or ShmScalar.Int64 or ShmScalar.UInt64))
        {
            Refuse($"-As takes Int32, UInt32, Int64 or UInt64, not {As}: only these can be used atomically.", "ParameterArgumentValidationError");
        }

        Choice = given[0];
    }

    /// <summary>Whether what the choice needs is there as well.</summary>
    private protected virtual bool IsComplete => true;

    /// <summary>What more must be given, for a message.</summary>
    private protected virtual string Completion => "";

    private protected sealed override void Serve(ShmMapping mapping)
    {
        switch (As.Scalar)
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

    private void Refuse(string message, string id) => ThrowTerminatingError(new ErrorRecord(
        new PSArgumentException(message), id, ErrorCategory.InvalidArgument, null));
}
