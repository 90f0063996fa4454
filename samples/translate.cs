#:project ../Vitrine/Vitrine.csproj
// A translation, and which characters each of its words comes from: one forward and one backward pass for all words together.
//   dotnet run -c Release samples/translate.cs
using Vitrine;
using Vitrine.Attributions;

using var translator = Explainer.Load("models/zh-en");
GenerateResult translation = translator.Translate("我喜歡音樂。");
Console.WriteLine(translation);
foreach (GeneratedToken token in translation.Tokens)
{
    Console.WriteLine($"  {token.Text,-8} {token.Probability:P0}");
}

Explanation why = translator.Explain("我喜歡音樂。", new() { Methods = [Methods.IntegratedGradients] });
AttributionResult result = why.Results[0];
SideScores source = result.Sides.First(side => side.Name == "source");
for (int target = 0; target < result.Targets.Count; target++)
{
    int strongest = source.Scores[target].Index().MaxBy(score => score.Item).Index;
    Console.WriteLine($"{result.Targets[target].Label,-10} from {source.Tokens[strongest].Piece}");
}
