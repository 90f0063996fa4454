using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>A model and where it came from.</summary>
/// <param name="Model">The model.</param>
/// <param name="Name">Its folder's name.</param>
/// <param name="Folder">Its folder; null for a model made in memory.</param>
internal sealed record LoadedModel(ITransformer Model, string Name, string? Folder)
{
    /// <summary>Its tokenizer.</summary>
    /// <exception cref="RequestException">The folder holds none.</exception>
    /// <exception cref="TokenizerException">It holds one that asks for what is not supported.</exception>
    public ITokenizer Tokenizer =>
        Model.Tokenizer ?? (Folder is not null && TokenizerLoader.IsIn(Folder) ? TokenizerLoader.Load(Folder) : throw new RequestException(
        Fault.Model, $"model: no tokenizer in '{Folder ?? Name}'; expected vocab.txt, vocab.json with merges.txt, source.spm or "
            + $"tokenizer.json. Give token ids as Ids (--ids) instead of a text."));

    /// <summary>The tokenizer of what the model writes: Marian's target side, else the model's own; null when there is none.</summary>
    public ITokenizer? Written => Spelling.OfWritten(Model);

    /// <summary>The facts of every heading: family and task.</summary>
    public IReadOnlyList<Fact> Facts => [new("model", Model.Info.ModelType), new("task", Named(Model.Info.Task))];

    /// <summary>Whether the model writes text.</summary>
    public bool Writes => Model.Info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence;

    /// <summary>A task in words: <c>sequence classification</c>.</summary>
    public static string Named(ModelTask task) => string.Concat(task.ToString().Select((c, i) =>
        i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString(CultureInfo.InvariantCulture)));
}
