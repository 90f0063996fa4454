namespace Vitrine.Transformers;

/// <summary>
/// How the checkpoints of one model family spell their tensors. A model asks for today's Hugging Face names, those
/// <c>save_pretrained</c> of its full class writes; this says which older spellings mean the same, and which tensors of a
/// file are no parameters at all.
/// </summary>
/// <param name="Prefix">
/// Name of the base model, with its dot, e.g. <c>transformer.</c>: files saved from the base model lack it.
/// </param>
public sealed record CheckpointStyle(string Prefix)
{
    /// <summary>What PEFT puts before every name of the model that an adapter changes.</summary>
    internal const string Adapted = "base_model.model.";

    /// <summary>
    /// Ends of names that are no parameters, with the reason: buffers that the engine computes itself. With a dot at the end, a module all
    /// of whose weights are none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Ignorable { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Groups of names for one shared tensor. A file may hold any one of them, or several copies; a name the file lacks is
    /// read from the first of its group that is there. A model whose configuration unties its weights sets this to empty.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> Tied { get; init; } = [];

    /// <summary>BERT with any head: <c>bert.encoder.layer.0.attention.self.query.weight</c>.</summary>
    public static CheckpointStyle Bert { get; } = new("bert.")
    {
        Ignorable = new Dictionary<string, string> { [".position_ids"] = "the numbers 0, 1, 2, …" },
        Tied =
        [
            ["bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"],
            ["cls.predictions.bias", "cls.predictions.decoder.bias"],
        ],
    };

    /// <summary>GPT-2 with any head: <c>transformer.h.0.attn.c_attn.weight</c>.</summary>
    public static CheckpointStyle Gpt2 { get; } = new("transformer.")
    {
        Ignorable = new Dictionary<string, string> { [".attn.bias"] = "the causal mask", [".attn.masked_bias"] = "the mask's value" },
        Tied = [["transformer.wte.weight", "lm_head.weight"]],
    };

    /// <summary>
    /// What stands before the names of a part that reads text, in a model of several: <c>language_model.model.layers…</c> or
    /// <c>model.language_model.layers…</c>. Empty: the family is never such a part.
    /// </summary>
    public string Part { get; init; } = "";

    /// <summary>Llama: <c>model.layers.0.self_attn.q_proj.weight</c>. Tied only where <c>tie_word_embeddings</c> is set.</summary>
    public static CheckpointStyle Llama { get; } = new("model.")
    {
        Ignorable = new Dictionary<string, string>
        {
            [".rotary_emb.inv_freq"] = "the rotary frequencies",
            [".vision_tower."] = "part of what sees images",
            [".multi_modal_projector."] = "leads images to the text",
            [".image_newline"] = "leads images to the text",
        },
        Part = "language_model.",
        Tied = [["model.embed_tokens.weight", "lm_head.weight"]],
    };

    /// <summary>
    /// The ways a name may be spelt in a file, likeliest first: as it is, without the prefix, as an adapter spells it, and with the
    /// <c>gamma</c>/<c>beta</c> that BERT's first, TensorFlow-made checkpoints have for a layer norm's <c>weight</c>/<c>bias</c>.
    /// </summary>
    internal IEnumerable<string> Spellings(string name)
    {
        bool inside = name.StartsWith(Prefix, StringComparison.Ordinal);
        string[] styles = inside ? [name, name[Prefix.Length..]] : [name];
        if (Part.Length > 0)
        {
            styles = [.. styles, Part + name, .. inside ? [Prefix + Part + name[Prefix.Length..]] : Array.Empty<string>()];
        }
        foreach (string spelling in styles)
        {
            yield return spelling;
        }
        yield return Adapted + name;
        foreach (string spelling in styles)
        {
            if (spelling.EndsWith(".weight", StringComparison.Ordinal))
            {
                yield return spelling[..^"weight".Length] + "gamma";
            }
            else if (spelling.EndsWith(".bias", StringComparison.Ordinal))
            {
                yield return spelling[..^"bias".Length] + "beta";
            }
        }
    }

    /// <summary>The other names of the tensor a name stands for; none for most.</summary>
    internal IEnumerable<string> TiedTo(string name) =>
        Tied.Where(group => group.Contains(name)).SelectMany(group => group).Where(other => other != name);

    /// <summary>The same style, in which a name stands for no tensor but its own.</summary>
    internal CheckpointStyle Untied(string name) =>
        this with { Tied = [.. Tied.Select(group => group.Where(other => other != name).ToArray())] };

    /// <summary>Why a tensor of a file is no parameter, or null if it may be one.</summary>
    internal string? WhyIgnorable(string name) =>
        Ignorable.Where(pair => pair.Key.EndsWith('.')
            ? $".{name}".Contains(pair.Key, StringComparison.Ordinal)
            : $".{name}".EndsWith(pair.Key, StringComparison.Ordinal)).Select(pair => pair.Value).FirstOrDefault();
}
