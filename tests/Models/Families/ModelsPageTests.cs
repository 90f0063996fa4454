using Vitrine.Tests.Architecture;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>docs/MODELS.md is the table of families, and nothing else.</summary>
public class ModelsPageTests
{
    private const string Update = "VITRINE_UPDATE_DOCS";

    [Fact]
    public void ModelsPage_IsTheRegistry()
    {
        string file = Path.Combine(SourceTree.Root(), "docs", "MODELS.md"), page = Page();
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == page,
            $"docs/MODELS.md is not what the registry says; run this test with {Update}=1.");
    }

    [Fact]
    public void Families_AreOrderedAndKnownOnce()
    {
        string[] types = [.. ModelFamilies.All.Select(family => family.ModelType)];

        Assert.Equal(types.Order(StringComparer.Ordinal).Distinct(), types);
        Assert.All(ModelFamilies.All, family => Assert.NotEqual("", family.Tokenizer));
    }

    private static string Page() => $"""
        # Models

        What can be loaded, by the `model_type` of `config.json`. Every family has hooks under TransformerLens' names ([HOOKS.md](HOOKS.md)), all methods
        that its task allows ([METHODS.md](METHODS.md)), 8-bit and half-precision weights, LoRA and training; those that write have a key–value cache and
        all ways of generation. Both dialects of `config.json` are read, that of transformers 4 (`rope_theta`, `rope_scaling`) and that of 5
        (`rope_parameters`, `layer_types`). Checkpoints that name no class are read by the weights that are there.

        This page is generated: `VITRINE_UPDATE_DOCS=1 dotnet test --filter ModelsPageTests`.

        | `model_type` | models | classes | tokenizer | refused |
        |---|---|---|---|---|
        {string.Join('\n', ModelFamilies.All.Select(Row))}

        What is refused gives one error that names the setting. A `model_type` that is not in the table is refused with the list of those that are.

        """;

    private static string Row(ModelFamily family) =>
        $"| `{family.ModelType}` | {family.Models} | {family.Classes} | {family.Tokenizer} | {family.Refused} |";
}
