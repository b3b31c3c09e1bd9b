using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>What an expression needs to know about its context.</summary>
internal interface IConstantScope
{
    /// <summary>
    /// Evaluates a name and what follows it (<c>sizeof</c>, <c>offsetof</c>); false if it isn't a constant.
    /// </summary>
    bool TryPrimary(TokenCursor cursor, out CValue value);

    /// <summary>Evaluates a cast, with the cursor after its opening parenthesis; false if no type follows.</summary>
    bool TryCast(TokenCursor cursor, System.Func<CValue> operand, out CValue value);
}

/// <summary>Evaluates integer constant expressions by the rules of C: types, conversions and precedence.</summary>
internal sealed class ConstantExpression
{
    private static readonly Dictionary<string, int> Precedence = new()
    {
        ["||"] = 1,
        ["&&"] = 2,
        ["|"] = 3,
        ["^"] = 4,
        ["&"] = 5,
        ["=="] = 6,
        ["!="] = 6,
        ["<"] = 7,
        [">"] = 7,
        ["<="] = 7,
        [">="] = 7,
        ["<<"] = 8,
        [">>"] = 8,
        ["+"] = 9,
        ["-"] = 9,
        ["*"] = 10,
        ["/"] = 10,
        ["%"] = 10,
    };

    private readonly TokenCursor _cursor;
    private readonly IConstantScope _scope;
    private readonly bool _stopAtAngle;

    // Nesting of operands that C doesn't evaluate: a division by zero there isn't an error.
    private int _unevaluated;

    private ConstantExpression(TokenCursor cursor, IConstantScope scope, bool stopAtAngle)
    {
        _cursor = cursor;
        _scope = scope;
        _stopAtAngle = stopAtAngle;
    }

    /// <param name="cursor">On the first token; afterwards behind the last.</param>
    /// <param name="scope">The names that are known.</param>
    /// <param name="stopAtAngle">Whether '>' ends the expression: an argument of a C++ template.</param>
    public static CValue Evaluate(TokenCursor cursor, IConstantScope scope, bool stopAtAngle = false) =>
        new ConstantExpression(cursor, scope, stopAtAngle).Conditional();

    private CValue Conditional()
    {
        _cursor.Enter();
        var condition = Binary(1);
        if (_cursor.Accept("?"))
        {
            var whenTrue = Guarded(condition.IsTrue, Conditional);
            _cursor.Expect(":", "in '?:'");
            var whenFalse = Guarded(!condition.IsTrue, Conditional);
            (var isLong, var isUnsigned) = Common(whenTrue, whenFalse);
            condition = (condition.IsTrue ? whenTrue : whenFalse).Convert(isLong, isUnsigned);
        }

        _cursor.Leave();
        return condition;
    }

    private CValue Guarded(bool evaluated, System.Func<CValue> part)
    {
        _unevaluated += evaluated ? 0 : 1;
        var value = part();
        _unevaluated -= evaluated ? 0 : 1;
        return value;
    }

    private CValue Binary(int minimum)
    {
        var left = Unary();
        while (_cursor.Current.Kind == TokenKind.Punctuator
            && Precedence.TryGetValue(_cursor.Current.Text, out var precedence) && precedence >= minimum
            && !(_stopAtAngle && _cursor.Current.Text[0] == '>'))
        {
            var op = _cursor.Advance();
            left = op.Text switch
            {
                "&&" => CValue.Int(Guarded(left.IsTrue, () => Binary(precedence + 1)).IsTrue && left.IsTrue),
                "||" => CValue.Int(Guarded(!left.IsTrue, () => Binary(precedence + 1)).IsTrue || left.IsTrue),
                _ => Apply(op, left, Binary(precedence + 1)),
            };
        }

        return left;
    }

    private CValue Unary()
    {
        var token = _cursor.Current;
        if (token.Kind != TokenKind.Punctuator)
        {
            return Primary();
        }

        _cursor.Enter();
        CValue value;
        switch (token.Text)
        {
            case "+":
                _cursor.Advance();
                value = Unary();
                break;
            case "-":
                _cursor.Advance();
                value = Unary();
                value = CValue.Of(unchecked(-value.Bits), value.IsLong, value.IsUnsigned);
                break;
            case "~":
                _cursor.Advance();
                value = Unary();
                value = CValue.Of(~value.Bits, value.IsLong, value.IsUnsigned);
                break;
            case "!":
                _cursor.Advance();
                value = CValue.Int(!Unary().IsTrue);
                break;
            case "(":
                _cursor.Advance();
                if (!_scope.TryCast(_cursor, Unary, out value))
                {
                    value =
                        new ConstantExpression(_cursor, _scope, false) { _unevaluated = _unevaluated }.Conditional();
                    _cursor.Expect(")", "in the expression");
                }

                break;
            default:
                value = Primary();
                break;
        }

        _cursor.Leave();
        return value;
    }

    private CValue Primary()
    {
        var token = _cursor.Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                _cursor.Advance();
                return CValue.Number(token);
            case TokenKind.Character:
                _cursor.Advance();
                return CValue.Of(CharacterConstant.Value(token), false, false);
            case TokenKind.Identifier when _scope.TryPrimary(_cursor, out var value):
                return value;
            case TokenKind.Identifier:
                throw token.Error(
                    $"expected an integer constant expression; '{token.Text}' isn't a known constant: give its "
                        + "'#define' or enum as well.");
            default:
                throw token.Error($"expected an integer constant expression, found {token.Quoted}.");
        }
    }

    private CValue Apply(Token op, CValue left, CValue right)
    {
        if (op.Text is "<<" or ">>")
        {
            return Shift(op, left, right);
        }

        (var isLong, var isUnsigned) = Common(left, right);
        left = left.Convert(isLong, isUnsigned);
        right = right.Convert(isLong, isUnsigned);
        var a = left.Bits;
        var b = right.Bits;
        var order = isUnsigned ? ((ulong)a).CompareTo((ulong)b) : a.CompareTo(b);
        return op.Text switch
        {
            "==" => CValue.Int(order == 0),
            "!=" => CValue.Int(order != 0),
            "<" => CValue.Int(order < 0),
            ">" => CValue.Int(order > 0),
            "<=" => CValue.Int(order <= 0),
            ">=" => CValue.Int(order >= 0),
            "/" or "%" => CValue.Of(Divide(op, a, b, isUnsigned), isLong, isUnsigned),
            _ => CValue.Of(
                op.Text switch
                {
                    "|" => a | b,
                    "^" => a ^ b,
                    "&" => a & b,
                    "+" => unchecked(a + b),
                    "-" => unchecked(a - b),
                    _ => unchecked(a * b),
                },
                isLong,
                isUnsigned),
        };
    }

    private long Divide(Token op, long a, long b, bool isUnsigned)
    {
        if (b == 0)
        {
            return _unevaluated > 0 ? 0 : throw op.Error("division by zero in a constant expression.");
        }

        if (isUnsigned)
        {
            return (long)(op.Text == "/" ? (ulong)a / (ulong)b : (ulong)a % (ulong)b);
        }

        if (b == -1)
        {
            return op.Text == "/" ? unchecked(-a) : 0;
        }

        return op.Text == "/" ? a / b : a % b;
    }

    private CValue Shift(Token op, CValue left, CValue right)
    {
        var width = left.IsLong ? 64 : 32;
        if (right.IsNegative || right.Exact >= width)
        {
            return _unevaluated > 0 ? left : throw op.Error($"a shift by {right} of a value of {width} bits.");
        }

        var count = (int)right.Bits;
        var bits = op.Text == "<<" ? left.Bits << count
            : left.IsUnsigned ? (long)((ulong)left.Bits >> count) : left.Bits >> count;
        return CValue.Of(bits, left.IsLong, left.IsUnsigned);
    }

    private static (bool IsLong, bool IsUnsigned) Common(CValue left, CValue right)
    {
        if (left.IsLong == right.IsLong)
        {
            return (left.IsLong, left.IsUnsigned || right.IsUnsigned);
        }

        return (true, left.IsLong ? left.IsUnsigned : right.IsUnsigned);
    }
}
