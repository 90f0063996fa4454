using System.Globalization;
using Vitrine.Training;

namespace Vitrine.Cli;

/// <summary><c>vitrine prune</c>: a folder whose smallest weights are zero.</summary>
internal static class PruneCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var sparsity = Declare.Value<double>("--sparsity", "x", "Part of every matrix that becomes zero, 0 to 1.", 0.5);
        var tables = Declare.Flag("--tables", "Prune embeddings and unembeddings too, not only linear layers.");
        var output = Declare.Required("--out|-o", "folder", "The folder to make. It must hold no model.");
        return new Verb("prune", "Sets the smallest weights of a model to zero (magnitude pruning). Files stay as large: zeros are stored.", """
            vitrine prune --sparsity 0.5 --out pruned
            vitrine prune --model path/to/bert --sparsity 0.8 --tables --out sparse
            """)
            .With(sparsity, tables, output).With(source.Options)
            .Does((parsed, _) =>
            {
                string folder = MergeCommand.Free(parsed.GetValue(output), terminal);
                using Explainer loaded = source.Load(parsed, terminal);
                (long zeros, long all) = Pruning.Apply(loaded.Model, parsed.GetValue(sparsity), parsed.GetValue(tables));
                MergeCommand.Write(loaded, folder);
                terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{zeros:N0} of {all:N0} weights are zero ({100.0 * zeros / all:0.0} %) in {parsed.GetValue(output)}"));
            });
    }
}
