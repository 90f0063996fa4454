using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// From which language to which a model of many languages translates: a token of the source says the one, and the first token that is
/// written the other. mBART-25 has the first after the text, and starts with the second.
/// </summary>
internal static partial class Languages
{
    /// <summary>Reads what a request means, with the languages it names.</summary>
    /// <exception cref="RequestException">The model has no such language, or a text cannot be used.</exception>
    public static ExplainedText Read(LoadedModel loaded, WriteRequest request, int reserve, string? instead = null)
    {
        if (request is { From: null, To: null })
        {
            return InputReader.Read(loaded, request, reserve, instead);
        }
        if (loaded.Tokenizer is MarianTokenizer)
        {
            string code = Spelling.Of(Id(loaded, request.To ?? throw Unknown(loaded, "from", request.From), "to"), loaded.Tokenizer);
            return InputReader.Read(loaded, request, reserve, $"{code} {instead ?? request.Text}"); // the language stands before the text
        }
        ExplainedText text = InputReader.Read(loaded, request, reserve, instead);
        if (request.From is not { } from)
        {
            return text;
        }
        int id = Id(loaded, from, "from"), at = text.Tokens.ToList().FindIndex(token => token.IsSpecial && Code().IsMatch(token.Piece));
        if (at < 0)
        {
            throw Unknown(loaded, "from", from);
        }
        InputToken[] tokens = [.. text.Tokens];
        tokens[at] = tokens[at] with { Id = id, Piece = Spelling.Of(id, loaded.Tokenizer) };
        return text with { Tokens = tokens };
    }

    /// <summary>The options with the target's language in them.</summary>
    /// <exception cref="RequestException">The model has no such language.</exception>
    public static GenerationOptions Options(LoadedModel loaded, WriteRequest request, GenerationOptions options)
    {
        if (request.To is not { } to || loaded.Tokenizer is MarianTokenizer)
        {
            return options;
        }
        int id = Id(loaded, to, "to");
        bool isFirst = loaded.Tokenizer.Encode("a") is { Count: > 0 } source && Code().IsMatch(source.Pieces[0]);
        return isFirst ? options with { ForcedBosId = id } : options with { DecoderStartId = id };
    }

    private static int Id(LoadedModel loaded, string code, string option)
    {
        string[] spellings = [code, $"__{code}__", $">>{code}<<"];
        string? piece = spellings.FirstOrDefault(s => Code().IsMatch(s) && loaded.Tokenizer.Vocabulary.IdOf(s) is not null);
        return piece is null ? throw Unknown(loaded, option, code) : loaded.Tokenizer.Vocabulary.IdOf(piece) ?? 0;
    }

    private static RequestException Unknown(LoadedModel loaded, string option, string? code)
    {
        Vocabulary vocabulary = loaded.Tokenizer.Vocabulary;
        IEnumerable<string> pieces = Enumerable.Range(0, vocabulary.Count).Where(vocabulary.Contains).Select(vocabulary.PieceOf);
        string[] known = [.. pieces.Where(piece => Code().IsMatch(piece))];
        string some = string.Join(", ", known.Take(8)) + (known.Length > 8 ? " …" : ""), near = known.Length == 0 ? ""
            : Nearest.To(code ?? "", known) ?? "";
        string expected = known.Length == 0 ? "none: this model knows one pair" : $"one of {some}";
        string hint = near == "" ? "" : $" Did you mean '{near}'?";
        return new(Fault.Request, $"{option}: no such language; got '{code}'; expected {expected}.{hint}");
    }

    // mBART's en_XX, NLLB's eng_Latn, M2M's __en__, Marian's >>eng<<
    [GeneratedRegex(@"^([a-z]{2,3}_[A-Z]{2}|[a-z]{3}_[A-Z][a-z]{3}|__[a-z_]{2,6}__|>>[A-Za-z_]{2,12}<<)$")]
    private static partial Regex Code();
}
