namespace Vitrine.Transformers;

/// <summary>A value of a template for given variables.</summary>
internal delegate object? JinjaExpression(JinjaScope scope);

/// <summary>A part of a template that writes, or changes variables.</summary>
internal delegate void JinjaStatement(JinjaScope scope);

/// <summary>Builds a template from its tokens. What it does not know is refused by its name.</summary>
/// <remarks>jinja2 3.1, parser.py: the order in which operators bind is its own.</remarks>
internal sealed partial class JinjaParser(List<JinjaToken> tokens, string source)
{
    private const int Deepest = 200;

    private int _at;
    private int _depth;

    private JinjaToken Now => tokens[_at];

    /// <summary>The whole template.</summary>
    public JinjaStatement Read()
    {
        JinjaStatement all = Statements();
        return Now.Kind == JinjaKind.End ? all : throw Unsupported($"'{tokens[_at + 1].Text}' without a beginning");
    }

    /// <summary>Statements up to a block of one of these names, which is left; up to the end where none is named.</summary>
    private JinjaStatement Statements(params string[] ends)
    {
        if (++_depth > Deepest)
        {
            throw Unsupported("a nesting that deep");
        }
        List<JinjaStatement> parts = [];
        while (Now.Kind != JinjaKind.End)
        {
            if (Now.Kind == JinjaKind.Text)
            {
                string text = Take().Text;
                parts.Add(scope => scope.Write(text));
            }
            else if (Now.Kind == JinjaKind.BeginPrint)
            {
                _at++;
                JinjaExpression value = Expression();
                Expect(JinjaKind.EndPrint, "}}");
                parts.Add(scope => scope.Write(JinjaValue.Text(value(scope))));
            }
            else if (ends.Contains(tokens[_at + 1].Text) || ends.Length == 0
                && tokens[_at + 1].Text.StartsWith("end", StringComparison.Ordinal))
            {
                break;
            }
            else
            {
                _at++;
                parts.Add(Block());
            }
        }
        _depth--;
        JinjaStatement[] all = [.. parts];
        return scope =>
        {
            foreach (JinjaStatement part in all)
            {
                if (scope.Leaving != JinjaScope.Leave.No)
                {
                    return;
                }
                part(scope);
            }
        };
    }

    private JinjaStatement Block()
    {
        string name = Take().Text;
        switch (name)
        {
            case "for":
                return For();
            case "if":
                return If();
            case "set":
                return Set();
            case "macro":
                return Macro();
            case "generation":
                EndOfBlock();
                JinjaStatement body = Statements("endgeneration");
                CloseBlock("endgeneration");
                return body;
            case "break" or "continue":
                EndOfBlock();
                return scope => scope.Leaving = name == "break" ? JinjaScope.Leave.Loop : JinjaScope.Leave.Turn;
            default:
                throw Unsupported($"the statement '{name}'");
        }
    }

    private JinjaStatement For()
    {
        List<string> names = [Name()];
        while (TakeSign(","))
        {
            names.Add(Name());
        }
        ExpectName("in");
        JinjaExpression items = Or();
        JinjaExpression? filter = TakeName("if") ? Expression() : null;
        EndOfBlock();
        JinjaStatement body = Statements("endfor", "else");
        JinjaStatement? otherwise = null;
        if (Now.Kind == JinjaKind.BeginBlock && tokens[_at + 1].Text == "else")
        {
            CloseBlock("else");
            otherwise = Statements("endfor");
        }
        CloseBlock("endfor");
        return scope => scope.Loop([.. names], JinjaValue.Items(items(scope)), filter, body, otherwise);
    }

    private JinjaStatement If()
    {
        List<(JinjaExpression? Condition, JinjaStatement Body)> cases = [];
        JinjaExpression? condition = Expression();
        while (true)
        {
            EndOfBlock();
            cases.Add((condition, Statements("elif", "else", "endif")));
            Expect(JinjaKind.BeginBlock, "{% endif %}");
            string next = Take().Text;
            if (next == "endif")
            {
                EndOfBlock();
                break;
            }
            condition = next == "elif" ? Expression() : null;
        }
        return scope =>
        {
            foreach ((JinjaExpression? test, JinjaStatement body) in cases)
            {
                if (test is null || JinjaValue.IsTrue(test(scope)))
                {
                    body(scope);
                    return;
                }
            }
        };
    }

    private JinjaStatement Set()
    {
        string name = Name();
        string? member = TakeSign(".") ? Name() : null;
        if (!TakeSign("="))
        {
            EndOfBlock();
            JinjaStatement body = Statements("endset");
            CloseBlock("endset");
            return scope => scope.Set(name, member, scope.Capture(body));
        }
        JinjaExpression value = Expression();
        EndOfBlock();
        return scope => scope.Set(name, member, value(scope));
    }

    private JinjaStatement Macro()
    {
        string name = Name();
        List<(string Name, JinjaExpression? Default)> parameters = [];
        ExpectSign("(");
        while (!TakeSign(")"))
        {
            parameters.Add((Name(), TakeSign("=") ? Expression() : null));
            TakeSign(",");
        }
        EndOfBlock();
        JinjaStatement body = Statements("endmacro");
        CloseBlock("endmacro");
        return scope => scope.Set(name, null, new JinjaFunction((arguments, named) => scope.Call(parameters, body, arguments, named)));
    }

    private JinjaToken Take() => Now.Kind == JinjaKind.End ? throw Unsupported("an end inside a statement") : tokens[_at++];

    private string Name() => Now.Kind == JinjaKind.Name ? Take().Text : throw Unsupported($"'{Now.Text}' where a name is expected");

    private bool TakeSign(string sign) => Take(JinjaKind.Sign, sign);

    private bool TakeName(string name) => Take(JinjaKind.Name, name);

    private bool Take(JinjaKind kind, string text)
    {
        bool found = Now.Kind == kind && Now.Text == text;
        _at += found ? 1 : 0;
        return found;
    }

    private void ExpectSign(string sign) => _ = TakeSign(sign) ? true : throw Unsupported($"'{Now.Text}' where '{sign}' is expected");

    private void ExpectName(string name) => _ = TakeName(name) ? true : throw Unsupported($"'{Now.Text}' where '{name}' is expected");

    private void Expect(JinjaKind kind, string sign) =>
        _ = Now.Kind == kind ? _at++ : throw Unsupported($"'{Now.Text}' where '{sign}' is expected");

    private void EndOfBlock() => Expect(JinjaKind.EndBlock, "%}");

    private void CloseBlock(string name)
    {
        Expect(JinjaKind.BeginBlock, $"{{% {name} %}}");
        ExpectName(name);
        EndOfBlock();
    }

    private TokenizerException Unsupported(string what) => new(
        $"chat_template: not understood; got {what} in line {Now.Line} of {source}; expected the part of Jinja that chat templates use. "
        + "Write the text with its marks by hand instead.")
    { IsUnsupported = true };
}
