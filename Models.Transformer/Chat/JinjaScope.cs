using System.Text;

namespace Vitrine.Transformers;

/// <summary>A function that a template calls: arguments by place, arguments by name.</summary>
internal delegate object? JinjaFunction(object?[] arguments, Dictionary<string, object?> named);

/// <summary>Variables of a template while it runs, and what it has written.</summary>
internal sealed class JinjaScope
{
    private const int MostCharacters = 10_000_000, MostTurns = 1_000_000;

    private readonly JinjaScope? _outer;
    private readonly JinjaScope _root;
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private StringBuilder _output = new();
    private Leave _leaving;
    private int _turns;
    private int _depth;

    public JinjaScope(IEnumerable<KeyValuePair<string, object?>> values)
    {
        _root = this;
        foreach ((string name, object? value) in values)
        {
            _values[name] = value;
        }
    }

    private JinjaScope(JinjaScope outer) => (_outer, _root) = (outer, outer._root);

    /// <summary>Which statements are being left.</summary>
    public enum Leave
    {
        No,
        Turn,
        Loop,
    }

    /// <summary>Whether a loop is being left.</summary>
    public Leave Leaving
    {
        get => _root._leaving;
        set => _root._leaving = value;
    }

    /// <summary>All that was written.</summary>
    public string Output => _root._output.ToString();

    public void Write(string text)
    {
        _root._output.Append(text);
        if (_root._output.Length > MostCharacters)
        {
            throw new TokenizerException($"chat_template: writes too much; got more than {MostCharacters} characters; expected a chat.");
        }
    }

    public object? Get(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._values.TryGetValue(name, out object? value))
            {
                return value;
            }
        }
        return JinjaValue.Undefined;
    }

    /// <summary>Sets a variable of this scope, or a member of a namespace that is seen from it.</summary>
    public void Set(string name, string? member, object? value)
    {
        if (member is null)
        {
            _values[name] = value;
            return;
        }
        if (Get(name) is not JinjaNamespace target)
        {
            throw new TokenizerException($"chat_template: a member is set of what is no namespace; got '{name}.{member}'; "
                + $"expected namespace(…).");
        }
        target.Members[member] = value;
    }

    /// <summary>What a statement writes, as a text.</summary>
    public string Capture(JinjaStatement body)
    {
        StringBuilder before = _root._output;
        _root._output = new();
        try
        {
            body(new JinjaScope(this));
            return _root._output.ToString();
        }
        finally
        {
            _root._output = before;
        }
    }

    /// <summary>Runs a statement for every item, with <c>loop</c> set.</summary>
    public void Loop(string[] names, IEnumerable<object?> items, JinjaExpression? filter, JinjaStatement body, JinjaStatement? otherwise)
    {
        JinjaScope turn(object? item)
        {
            if (++_root._turns > MostTurns)
            {
                throw new TokenizerException($"chat_template: runs too long; got more than {MostTurns} turns of loops; expected a chat.");
            }
            var scope = new JinjaScope(this);
            object?[] parts = names.Length == 1 ? [item] : [.. JinjaValue.Items(item)];
            if (parts.Length != names.Length)
            {
                throw new TokenizerException($"chat_template: an item has not a part for each name; "
                    + $"got {parts.Length}; expected {names.Length}.");
            }
            for (int i = 0; i < names.Length; i++)
            {
                scope._values[names[i]] = parts[i];
            }
            return scope;
        }
        object?[] all = filter is null ? [.. items] : [.. items.Where(item => JinjaValue.IsTrue(filter(turn(item))))];
        for (int i = 0; i < all.Length; i++)
        {
            JinjaScope scope = turn(all[i]);
            scope._values["loop"] = new OrderedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["index"] = i + 1L,
                ["index0"] = (long)i,
                ["first"] = i == 0,
                ["last"] = i == all.Length - 1,
                ["length"] = (long)all.Length,
                ["revindex"] = (long)(all.Length - i),
                ["revindex0"] = (long)(all.Length - i - 1),
                ["previtem"] = i > 0 ? all[i - 1] : JinjaValue.Undefined,
                ["nextitem"] = i + 1 < all.Length ? all[i + 1]
                    : JinjaValue.Undefined,
            };
            body(scope);
            bool ends = Leaving == Leave.Loop;
            Leaving = Leave.No;
            if (ends)
            {
                return;
            }
        }
        if (all.Length == 0)
        {
            otherwise?.Invoke(new JinjaScope(this));
        }
    }

    /// <summary>Calls a macro.</summary>
    public string Call(
        List<(string Name, JinjaExpression? Default)> parameters, JinjaStatement body, object?[] arguments, Dictionary<string,
            object?> named)
    {
        if (++_root._depth > 100)
        {
            throw new TokenizerException("chat_template: a macro calls itself too deeply; got more than 100 calls; expected a chat.");
        }
        var scope = new JinjaScope(this);
        for (int i = 0; i < parameters.Count; i++)
        {
            scope._values[parameters[i].Name] = i < arguments.Length ? arguments[i]
                : named.TryGetValue(parameters[i].Name, out object? value) ? value
                : parameters[i].Default?.Invoke(this) ?? JinjaValue.Undefined;
        }
        string text = scope.Capture(body);
        _root._depth--;
        return text;
    }
}

/// <summary>What <c>namespace()</c> makes: variables that loops may change.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);
}
