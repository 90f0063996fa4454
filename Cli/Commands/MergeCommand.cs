using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine merge</c>: a model with its LoRA adapter added to its weights.</summary>
internal static class MergeCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var output = Declare.Required("--out|-o", "folder", "The folder to make. It must hold no model.");
        return new Verb("merge", "Adds a LoRA adapter to its model's weights, and writes the model.", """
            vitrine merge --model path/to/bert --adapter adapter --out merged
            vitrine explain --model path/to/bert --adapter adapter "a witty film"   # merges in memory only
            """)
            .With(output).With(source.Options)
            .Does((parsed, _) =>
            {
                string folder = Free(parsed.GetValue(output), terminal);
                if (parsed.GetValue(source.Adapter) is null)
                {
                    throw new CommandException(ExitCode.Usage,
                        "adapter: missing; got no --adapter; expected the folder of a LoRA adapter.");
                }
                using Explainer loaded = source.Load(parsed, terminal);
                Write(loaded, folder);
            });
    }

    /// <summary>A folder for a model.</summary>
    /// <exception cref="CommandException">It holds one.</exception>
    public static string Free(string? given, Terminal terminal)
    {
        string folder = terminal.Resolve(given ?? "");
        return !File.Exists(Path.Combine(folder, "model.safetensors"))
            ? folder
            : throw new CommandException(ExitCode.Output,
                $"output: the folder holds a model already; got '{given}'; expected an empty or new one.");
    }

    /// <summary>Writes a model as a folder, in float16, with the config and tokenizer it came with.</summary>
    public static void Write(Explainer loaded, string folder)
    {
        NewModel.CopyWithoutWeights(CheckpointFolder.Resolve(loaded.Folder!, out _), folder);
        NewModel.NameClass(folder, loaded.Model.Info);
        ParameterLayout.Save(loaded.Model, Path.Combine(folder, "model.safetensors"), WeightType.F16);
    }
}
