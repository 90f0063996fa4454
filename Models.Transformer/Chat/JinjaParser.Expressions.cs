using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>The expressions of a template, from the operators that bind least to names and literals.</summary>
internal sealed partial class JinjaParser
{
    /// <summary>An expression, the widest.</summary>
    private JinjaExpression Expression()
    {
        if (++_depth > Deepest)
        {
            throw Unsupported("a nesting that deep");
        }
        JinjaExpression value = Or();
        while (TakeName("if"))
        {
            JinjaExpression condition = Or(), yes = value;
            JinjaExpression no = TakeName("else") ? Expression() : _ => JinjaValue.Undefined;
            value = scope => JinjaValue.IsTrue(condition(scope)) ? yes(scope) : no(scope);
        }
        _depth--;
        return value;
    }

    private JinjaExpression Or()
    {
        JinjaExpression left = And();
        while (TakeName("or"))
        {
            JinjaExpression a = left, b = And();
            left = scope => a(scope) is var value && JinjaValue.IsTrue(value) ? value : b(scope);
        }
        return left;
    }

    private JinjaExpression And()
    {
        JinjaExpression left = Not();
        while (TakeName("and"))
        {
            JinjaExpression a = left, b = Not();
            left = scope => a(scope) is var value && !JinjaValue.IsTrue(value) ? value : b(scope);
        }
        return left;
    }

    private JinjaExpression Not()
    {
        if (!TakeName("not"))
        {
            return Comparison();
        }
        JinjaExpression value = Not();
        return scope => !JinjaValue.IsTrue(value(scope));
    }

    private JinjaExpression Comparison()
    {
        JinjaExpression left = Sum();
        JinjaExpression? all = null;
        while (true)
        {
            string? sign = Now.Kind == JinjaKind.Sign && Now.Text is "==" or "!=" or "<" or ">" or "<=" or ">=" ? Take().Text
                : TakeName("in") ? "in"
                : Now is { Kind: JinjaKind.Name, Text: "not" } && tokens[_at + 1] is { Kind: JinjaKind.Name, Text: "in" } ? "not in"
                : null;
            if (sign is null)
            {
                return all ?? left;
            }
            _at += sign == "not in" ? 2 : 0;
            JinjaExpression a = left, b = Sum(), before = all ?? (_ => true);
            all = scope => JinjaValue.IsTrue(before(scope)) && JinjaValue.Compare(sign, a(scope), b(scope));
            left = b;
        }
    }

    private JinjaExpression Sum() => Binary(Concatenation, "+", "-");

    private JinjaExpression Concatenation() => Binary(Product, "~");

    private JinjaExpression Product() => Binary(Unary, "*", "/", "//", "%");

    private JinjaExpression Binary(Func<JinjaExpression> operand, params string[] signs)
    {
        JinjaExpression left = operand();
        while (Now.Kind == JinjaKind.Sign && signs.Contains(Now.Text))
        {
            string sign = Take().Text;
            JinjaExpression a = left, b = operand();
            left = scope => JinjaValue.Compute(sign, a(scope), b(scope));
        }
        return left;
    }

    private JinjaExpression Unary()
    {
        if (TakeSign("-"))
        {
            JinjaExpression value = Unary();
            return scope => JinjaValue.Compute("-", 0L, value(scope));
        }
        return Filtered(Postfix(Primary()));
    }

    private JinjaExpression Filtered(JinjaExpression value)
    {
        while (true)
        {
            JinjaExpression subject = value;
            if (TakeSign("|"))
            {
                string name = Name();
                (JinjaExpression[] given, (string, JinjaExpression)[] named) = TakeSign("(") ? Arguments() : ([], []);
                JinjaFilters.Filter filter = JinjaFilters.Find(name) ?? throw Unsupported($"the filter '{name}'");
                value = Postfix(scope => filter(subject(scope), [.. given.Select(one => one(scope))], Evaluated(named, scope)));
            }
            else if (TakeName("is"))
            {
                bool not = TakeName("not");
                string name = Take().Text; // none, true and in are words of their own
                JinjaExpression[] given = TakeSign("(") ? Arguments().Given
                    : Now.Kind is JinjaKind.String or JinjaKind.Number
                        || (Now.Kind == JinjaKind.Name && name is "eq" or "equalto" or "in") ? [Unary()]
                    : [];
                Func<object?, object?[], bool> test = JinjaFilters.FindTest(name) ?? throw Unsupported($"the test '{name}'");
                value = scope => test(subject(scope), [.. given.Select(one => one(scope))]) != not;
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression Postfix(JinjaExpression value)
    {
        while (true)
        {
            JinjaExpression subject = value;
            if (TakeSign("."))
            {
                string name = Take().Text;
                value = scope => JinjaValue.Member(subject(scope), name);
            }
            else if (TakeSign("["))
            {
                value = Subscript(subject);
            }
            else if (TakeSign("("))
            {
                (JinjaExpression[] given, (string, JinjaExpression)[] named) = Arguments();
                value = scope => JinjaValue.Call(subject(scope), [.. given.Select(one => one(scope))], Evaluated(named, scope));
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression Subscript(JinjaExpression subject)
    {
        JinjaExpression?[] parts = [null, null, null];
        int count = 0;
        bool slice = false;
        while (!TakeSign("]"))
        {
            if (TakeSign(":"))
            {
                slice = true;
                count++;
            }
            else if (count < parts.Length && parts[count] is null)
            {
                parts[count] = Expression();
            }
            else
            {
                throw Unsupported($"'{Now.Text}' in brackets");
            }
        }
        return slice
            ? scope => JinjaValue.Slice(subject(scope), parts[0]?.Invoke(scope), parts[1]?.Invoke(scope), parts[2]?.Invoke(scope))
            : parts[0] is { } index ? scope => JinjaValue.Item(subject(scope), index(scope))
            : throw Unsupported("empty brackets");
    }

    private JinjaExpression Primary()
    {
        JinjaToken token = Take();
        switch (token.Kind)
        {
            case JinjaKind.String:
                string text = token.Text;
                while (Now.Kind == JinjaKind.String)
                {
                    text += Take().Text;
                }
                return _ => text;
            case JinjaKind.Number:
                object number = long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long whole) ? (object)whole
                    : double.Parse(token.Text, CultureInfo.InvariantCulture);
                return _ => number;
            case JinjaKind.Name:
                return token.Text switch
                {
                    "true" or "True" => _ => true,
                    "false" or "False" => _ => false,
                    "none" or "None" => _ => null,
                    var name => scope => scope.Get(name),
                };
            case JinjaKind.Sign when token.Text == "(":
                JinjaExpression first = Expression();
                if (!TakeSign(","))
                {
                    ExpectSign(")");
                    return first;
                }
                JinjaExpression[] more = List(")");
                return scope => new List<object?>([first(scope), .. more.Select(one => one(scope))]);
            case JinjaKind.Sign when token.Text == "[":
                JinjaExpression[] items = List("]");
                return scope => new List<object?>(items.Select(one => one(scope)));
            case JinjaKind.Sign when token.Text == "{":
                return Dictionary();
            default:
                throw Unsupported($"'{token.Text}'");
        }
    }

    private JinjaExpression Dictionary()
    {
        List<(JinjaExpression Key, JinjaExpression Value)> members = [];
        while (!TakeSign("}"))
        {
            JinjaExpression key = Expression();
            ExpectSign(":");
            members.Add((key, Expression()));
            TakeSign(",");
        }
        return scope =>
        {
            var made = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
            foreach ((JinjaExpression key, JinjaExpression value) in members)
            {
                made[JinjaValue.Text(key(scope))] = value(scope);
            }
            return made;
        };
    }

    private JinjaExpression[] List(string end)
    {
        List<JinjaExpression> items = [];
        while (!TakeSign(end))
        {
            items.Add(Expression());
            if (!TakeSign(","))
            {
                ExpectSign(end);
                break;
            }
        }
        return [.. items];
    }

    private (JinjaExpression[] Given, (string, JinjaExpression)[] Named) Arguments()
    {
        List<JinjaExpression> given = [];
        List<(string, JinjaExpression)> named = [];
        while (!TakeSign(")"))
        {
            if (Now.Kind == JinjaKind.Name && tokens[_at + 1] is { Kind: JinjaKind.Sign, Text: "=" })
            {
                string name = Name();
                _at++;
                named.Add((name, Expression()));
            }
            else
            {
                given.Add(Expression());
            }
            if (!TakeSign(","))
            {
                ExpectSign(")");
                break;
            }
        }
        return ([.. given], [.. named]);
    }

    private static Dictionary<string, object?> Evaluated((string Name, JinjaExpression Value)[] named, JinjaScope scope)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string name, JinjaExpression value) in named)
        {
            values[name] = value(scope);
        }
        return values;
    }
}
