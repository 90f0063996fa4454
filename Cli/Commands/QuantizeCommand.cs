using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine quantize</c>: a folder whose weights are in 8 bits.</summary>
internal static class QuantizeCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var output = Declare.Required("--output|-o", "folder", "The folder to make. It must not exist, or be empty.");
        var quantize = Declare.Value<string>("--quantize", "choice",
            "What to round: int8 (the layers of all blocks), int8-all (embeddings and heads too), or fp16 (all matrices to half precision, "
            + "which any library reads).", Quantization.Int8.Name());
        return new Verb("quantize", "Writes a copy of a model with 8-bit (or half-precision) weights, which loads memory-mapped. Works tensor by tensor: the model need not fit into memory.", """
            vitrine quantize --model path/to/gpt2-xl --output path/to/gpt2-xl-int8
            vitrine quantize --model path/to/gpt2-xl --output path/to/gpt2-xl-int8 --quantize int8-all
            vitrine quantize --model path/to/gpt2-xl --output path/to/gpt2-xl-int8 --outliers 6
            vitrine quantize --model path/to/gpt2-xl --output path/to/gpt2-xl-fp16 --quantize fp16
            vitrine explain --model path/to/gpt2-xl-int8 "The Eiffel Tower is in"
            """)
            .With(output, quantize, source.Outliers, source.Model, source.Threads)
            .Does((parsed, cancellation) =>
            {
                source.SetThreads(parsed);
                (Quantization quantization, float outliers) = source.Choice(parsed, quantize);
                string folder = source.Folder(parsed, terminal), target = terminal.Resolve(parsed.GetValue(output) ?? "");
                long before = Size(folder);
                try
                {
                    using var progress = ProgressLine.Start("quantize", terminal);
                    Int8Folder.Write(folder, target, quantization, outliers, progress, cancellation);
                }
                catch (Exception e) when (e is ModelException or WeightException)
                {
                    throw new CommandException(ExitCode.Model, e.Message, e);
                }
                terminal.Output.WriteLine($"{InspectCommand.Size(before)} → {InspectCommand.Size(Size(target))} in "
                    + $"{parsed.GetValue(output)}");
            });
    }

    private static long Size(string folder)
    {
        using WeightsFolder weights = WeightsFolder.Open(folder);
        return weights.Names.Sum(name => weights.Entry(name).Length);
    }
}
