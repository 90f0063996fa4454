using System.Text;

namespace Vitrine.Transformers;

/// <summary>What a token of a template is.</summary>
internal enum JinjaKind
{
    Text,
    Name,
    Number,
    String,
    Sign,
    BeginPrint,
    EndPrint,
    BeginBlock,
    EndBlock,
    End,
}

/// <summary>A token of a template and the line it stands in.</summary>
internal readonly record struct JinjaToken(JinjaKind Kind, string Text, int Line);

/// <summary>Cuts a template into text and the tokens between braces, with white space taken away as transformers has it set.</summary>
/// <remarks>jinja2 3.1, lexer.py, with trim_blocks and lstrip_blocks on and keep_trailing_newline off.</remarks>
internal sealed class JinjaLexer(string template, string source)
{
    private static readonly string[] s_signs = ["==", "!=", "<=", ">=", "//", "**"];

    private readonly List<JinjaToken> _tokens = [];
    private int _at;

    /// <summary>All tokens, the last of them the end.</summary>
    public List<JinjaToken> Read()
    {
        template = template.ReplaceLineEndings("\n");
        template = template.EndsWith('\n') ? template[..^1] : template;
        bool trimNext = false;
        while (_at < template.Length)
        {
            int open = NextOpening(_at);
            string text = template[_at..open];
            text = trimNext ? text.TrimStart() : text;
            if (open == template.Length)
            {
                Add(JinjaKind.Text, text);
                break;
            }
            char kind = template[open + 1], control = open + 2 < template.Length ? template[open + 2] : ' ';
            if (control == '-')
            {
                text = text.TrimEnd();
            }
            else if (control != '+' && kind != '{' && IsLineStart(open))
            {
                text = text.TrimEnd(' ', '\t');
            }
            Add(JinjaKind.Text, text);
            _at = open + (control is '-' or '+' ? 3 : 2);
            trimNext = kind == '#' ? Comment() : Inside(kind);
        }
        Add(JinjaKind.End, "");
        return _tokens;
    }

    private int NextOpening(int from)
    {
        for (int at = template.IndexOf('{', from); at >= 0 && at + 1 < template.Length; at = template.IndexOf('{', at + 1))
        {
            if (template[at + 1] is '{' or '%' or '#')
            {
                return at;
            }
        }
        return template.Length;
    }

    /// <summary>Whether nothing but blanks stands before a place in its line.</summary>
    private bool IsLineStart(int at)
    {
        int start = at;
        while (start > 0 && template[start - 1] is ' ' or '\t')
        {
            start--;
        }
        return start == 0 || template[start - 1] == '\n';
    }

    private bool Comment()
    {
        int end = template.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Wrong("a comment does not end");
        }
        bool trims = end > _at && template[end - 1] == '-';
        _at = end + 2;
        SkipNewline(trims);
        return trims;
    }

    /// <summary>The tokens up to the closing braces; whether white space after them goes.</summary>
    private bool Inside(char kind)
    {
        bool isBlock = kind == '%';
        Add(isBlock ? JinjaKind.BeginBlock : JinjaKind.BeginPrint, "");
        string close = isBlock ? "%}" : "}}";
        int depth = 0; // a dictionary's braces may stand directly before those that close
        while (true)
        {
            while (_at < template.Length && char.IsWhiteSpace(template[_at]))
            {
                _at++;
            }
            if (_at >= template.Length)
            {
                throw Wrong("braces do not close");
            }
            bool minus = depth == 0 && template[_at] is '-' or '+' && Starts(_at + 1, close);
            if (minus || (depth == 0 && Starts(_at, close)))
            {
                bool trims = minus && template[_at] == '-';
                _at += minus ? 3 : 2;
                Add(isBlock ? JinjaKind.EndBlock : JinjaKind.EndPrint, "");
                if (isBlock && !(minus && !trims))
                {
                    SkipNewline(trims);
                }
                return trims;
            }
            depth += template[_at] == '{' ? 1 : template[_at] == '}' ? -1 : 0;
            Token();
        }
    }

    private void SkipNewline(bool trims)
    {
        if (!trims && _at < template.Length && template[_at] == '\n')
        {
            _at++;
        }
    }

    private void Token()
    {
        char c = template[_at];
        int start = _at;
        if (c is '"' or '\'')
        {
            Add(JinjaKind.String, Quoted(c));
        }
        else if (char.IsAsciiDigit(c))
        {
            while (_at < template.Length && (char.IsAsciiDigit(template[_at]) || (template[_at] == '.' && _at + 1 < template.Length
                && char.IsAsciiDigit(template[_at + 1]))))
            {
                _at++;
            }
            Add(JinjaKind.Number, template[start.._at]);
        }
        else if (char.IsLetter(c) || c == '_')
        {
            while (_at < template.Length && (char.IsLetterOrDigit(template[_at]) || template[_at] == '_'))
            {
                _at++;
            }
            Add(JinjaKind.Name, template[start.._at]);
        }
        else
        {
            string sign = s_signs.FirstOrDefault(two => Starts(_at, two)) ?? c.ToString();
            _at += sign.Length;
            Add(JinjaKind.Sign, sign);
        }
    }

    private string Quoted(char quote)
    {
        var text = new StringBuilder();
        for (_at++; _at < template.Length && template[_at] != quote; _at++)
        {
            if (template[_at] != '\\' || _at + 1 >= template.Length)
            {
                text.Append(template[_at]);
                continue;
            }
            _at++;
            char escaped = template[_at];
            if (escaped == 'u' && _at + 4 < template.Length
                && ushort.TryParse(template.AsSpan(_at + 1, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out ushort unit))
            {
                text.Append((char)unit);
                _at += 4;
                continue;
            }
            text.Append(escaped switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                '\\' or '\'' or '"' => escaped.ToString(),
                _ =>
                $"\\{escaped}"
            });
        }
        _at++;
        return _at <= template.Length ? text.ToString() : throw Wrong("a text does not end");
    }

    private bool Starts(int at, string text) => at >= 0 && string.CompareOrdinal(template, at, text, 0, text.Length) == 0;

    private void Add(JinjaKind kind, string text)
    {
        if (kind != JinjaKind.Text || text.Length > 0)
        {
            _tokens.Add(new(kind, text, Line));
        }
    }

    private int Line => 1 + template.AsSpan(0, Math.Min(_at, template.Length)).Count('\n');

    private TokenizerException Wrong(string what) =>
        new($"chat_template: {what}; got it in line {Line} of {source}; expected a Jinja template.");
}
