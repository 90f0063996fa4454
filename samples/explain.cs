#:project ../Vitrine/Vitrine.csproj
// Which words made a trained model say this? Five lines of the library answer; the rest shows what else the answer holds.
//   dotnet run -c Release samples/explain.cs
using Vitrine;

using var explainer = Explainer.Load("models/sentiment");           // a folder, or the name of a shipped model
Explanation why = explainer.Explain("a gorgeous, witty, seductive movie");
Console.WriteLine(why);                                             // the bars that the command prints

foreach (ScoredWord word in why.Words.OrderByDescending(word => Math.Abs(word.Score)).Take(3))
{
    Console.WriteLine($"{word.Text,-10} {word.Score:+0.00;-0.00}");
}

// Why this and not that: a contrast changes the number that is explained to the difference of two logits.
Explanation contrast = explainer.Explain("an overlong and dull story that never comes alive", new ExplainRequest
{
    Targets = ["negative"],
    Contrast = "positive",
    Methods = [Methods.IntegratedGradients, Methods.Occlusion],
    Words = "sum",
});
Console.WriteLine($"{contrast.Results.Count} methods, {contrast.Results[0].Targets[0].Label}");

string page = Path.Combine(Path.GetTempPath(), "why.html");
contrast.Save(page);                                                // .svg .png .json .csv .txt too
Console.WriteLine($"{Path.GetFileName(page)}: {new FileInfo(page).Length / 1024} kB");
