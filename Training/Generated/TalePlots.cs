namespace Vitrine.Training;

public static partial class Tales
{
    private static readonly string[]
        s_girls = ["Anna", "Mia", "Clara", "Emma", "Lily", "Rosa", "Sara", "Nora", "Ella", "Ruth"],
        s_boys = ["Ben", "Tom", "Max", "Leo", "Sam", "Paul", "Hugo", "Finn", "Jack", "Omar"],
        s_family = ["mother", "father", "sister", "brother", "uncle", "aunt", "cousin"],
        s_days = ["One day", "One morning", "One afternoon", "One evening", "One Sunday"];

    // What is taken along, by the weather.
    private static readonly Dictionary<string, string[]> s_gear = new()
    {
        ["raining"] = ["umbrella", "raincoat"],
        ["snowing"] = ["coat", "boots"],
        ["sunny"] = ["hat", "sunglasses"],
        ["windy"] =
            ["scarf", "jacket"],
    };

    // Where a child goes who wants something, who is there, and what that one gives.
    private static readonly Dictionary<string, string[]>
        s_places = new()
        {
            ["hungry"] = ["bakery", "market"],
            ["bored"] = ["park", "fair"],
            ["curious"] = ["library", "museum"],
            ["sick"] =
                ["hospital", "pharmacy"],
            ["thirsty"] = ["well", "farm"],
        },
        s_people = new()
        {
            ["bakery"] = ["baker"],
            ["market"] = ["farmer"],
            ["park"] = ["gardener"],
            ["fair"] = ["clown"],
            ["library"] = ["teacher"],
            ["museum"] = ["painter"],
            ["hospital"] = ["nurse"],
            ["pharmacy"] = ["doctor"],
            ["well"] = ["shepherd"],
            ["farm"] = ["milkmaid"],
        },
        s_gifts = new()
        {
            ["baker"] = ["cake", "bun"],
            ["farmer"] = ["apple", "pear"],
            ["gardener"] = ["kite", "flower"],
            ["clown"] =
                ["balloon", "ball"],
            ["teacher"] = ["book", "map"],
            ["painter"] = ["picture", "pencil"],
            ["nurse"] = ["bandage", "pill"],
            ["doctor"] = ["bottle", "pill"],
            ["shepherd"] =
                ["cup", "bottle"],
            ["milkmaid"] = ["cup", "egg"],
        };

    // What the weather does to a thing; what it spares is carried home.
    private static readonly Dictionary<string, string> s_mishaps = new()
    {
        ["raining cake"] = "got wet",
        ["raining bun"] = "got wet",
        ["raining book"] = "got wet",
        ["raining map"] = "got wet",
        ["raining picture"] = "got wet",
        ["raining bandage"] = "got wet",
        ["windy kite"] = "flew away",
        ["windy balloon"] = "flew away",
        ["windy map"] = "flew away",
        ["windy picture"] = "flew away",
        ["windy flower"] = "flew away",
        ["snowing bottle"] = "broke",
        ["snowing cup"] = "broke",
        ["snowing egg"] = "broke",
        ["snowing flower"] = "froze",
        ["snowing apple"] = "froze",
        ["snowing pear"] = "froze",
        ["sunny cake"] = "melted",
        ["sunny flower"] = "dried up",
        ["sunny balloon"] = "burst",
    };

    private static readonly Dictionary<string, string[]>
        s_food = new()
        {
            ["dog"] = ["bones", "meat"],
            ["cat"] = ["fish", "milk"],
            ["rabbit"] = ["carrots"],
            ["bird"] = ["worms"],
            ["mouse"] =
                ["cheese"],
            ["horse"] = ["hay"],
            ["bear"] = ["honey"],
            ["monkey"] = ["bananas"],
        },
        s_sounds = new()
        {
            ["dog"] = ["barked"],
            ["cat"] = ["purred"],
            ["rabbit"] = ["hopped"],
            ["bird"] = ["sang"],
            ["mouse"] = ["squeaked"],
            ["horse"] =
                ["neighed"],
            ["bear"] = ["growled"],
            ["monkey"] = ["climbed"],
        },
        s_remedies = new() { ["cold"] = ["blanket"], ["hurt"] = ["bandage"], ["wet"] = ["towel"], ["tired"] = ["bed"] },
        s_rooms = new()
        {
            ["spoon"] = ["kitchen"],
            ["plate"] = ["kitchen"],
            ["soap"] = ["bathroom"],
            ["towel"] = ["bathroom"],
            ["pillow"] = ["bedroom"],
            ["lamp"] = ["bedroom"],
            ["hammer"] = ["cellar"],
            ["rake"] = ["garden"],
            ["ladder"] = ["cellar"],
            ["bench"] = ["garden"],
        },
        s_uses = new()
        {
            ["spoon"] = ["soup"],
            ["plate"] = ["dinner"],
            ["soap"] = ["hands"],
            ["towel"] = ["hair"],
            ["pillow"] = ["sleep"],
            ["lamp"] =
                ["light"],
            ["hammer"] = ["nail"],
            ["rake"] = ["leaves"],
            ["ladder"] = ["roof"],
            ["bench"] = ["rest"],
        };

    private static readonly Action<Telling>[] Plots = [Errand, Errand, Foundling, Search];

    /// <summary>A child wants something and goes out for it.</summary>
    private static void Errand(Telling t)
    {
        Hero(t);
        t["need"] = t.One([.. s_places.Keys]);
        t["weather"] = t.One([.. s_gear.Keys]);
        t["gear"] = t.Of(s_gear, t["weather"]);
        t["place"] = t.Of(s_places, t["need"]);
        t["person"] = t.Of(s_people, t["place"]);
        t["gift"] = t.Of(s_gifts, t["person"]);
        t.Say("{day}, {name} was {need}.");
        t.Say("It was {weather}, so {he<name>} took {his<name>} {gear<weather>} and went to the {place<need>}.");
        t.Say("There {he<name>} met a {person<place>}.");
        t.Say("The {person<person>} [was kind and|smiled and|was friendly and] gave {him<name>} " + Article(t["gift"])
            + " {gift<person>}.");
        if (s_mishaps.TryGetValue($"{t["weather"]} {t["gift"]}", out string? mishap))
        {
            (t["mishap"], t["feeling"], t["comfort"]) = (mishap.Split(' ')[0], "sad", "hugged");
            t.Say("On the way home, the {gift<gift>} {mishap<weather,gift>}"
                + (mishap.Contains(' ', StringComparison.Ordinal) ? $" {mishap.Split(' ')[1]}." : "."));
            t.Say("{name<name>} was very {feeling<mishap>}.");
        }
        else
        {
            (t["mishap"], t["feeling"], t["comfort"]) = ("carried", "happy", "praised");
            t.Say("{He<name>} {mishap<weather,gift>} the {gift<gift>} home [carefully|quickly|in one hand].");
            t.Say("{name<name>} was very {feeling<mishap>}.");
        }
        t.Say("At home, {his<name>} {family<family>} {comfort<feeling>} {him<name>}.");
        t.Say("{name<name>} told the {family<family>} about the {person<person>}.");
    }

    /// <summary>A child finds an animal and takes care of it.</summary>
    private static void Foundling(Telling t)
    {
        Hero(t);
        t["animal"] = t.One([.. s_food.Keys]);
        t["food"] = t.Of(s_food, t["animal"]);
        t["sound"] = t.Of(s_sounds, t["animal"]);
        t["trouble"] = t.One([.. s_remedies.Keys]);
        t["remedy"] = t.Of(s_remedies, t["trouble"]);
        t["pet"] = t.One("Coco", "Bella", "Lucky", "Rex", "Daisy", "Teddy", "Milo", "Pip");
        t["spot"] = t.One("forest", "street", "meadow", "yard", "river");
        t.Say("{day}, {name} found a little {animal} [near|at] the {spot}.");
        t.Say("The {animal<animal>} was hungry and {trouble}.");
        t.Say("{name<name>} took the {animal<animal>} home and called it {pet}.");
        t.Say("First {he<name>} gave {pet<pet>} a {remedy<trouble>}.");
        t.Say("Then {he<name>} brought some {food<animal>} [to eat|for dinner].");
        t.Say("{pet<pet>} was not {trouble<trouble>} [anymore|any longer].");
        t.Say("The {animal<animal>} {sound<animal>} [loudly|happily] and stayed with {name<name>}.");
        t.Say("{His<name>} {family<family>} [loved|liked] {pet<pet>} too.");
    }

    /// <summary>A child looks for a thing where such things are.</summary>
    private static void Search(Telling t)
    {
        Hero(t);
        t["thing"] = t.One([.. s_rooms.Keys]);
        t["room"] = t.Of(s_rooms, t["thing"]);
        t["use"] = t.Of(s_uses, t["thing"]);
        t["color"] = t.One("red", "blue", "green", "yellow", "white", "black");
        t["size"] = t.One("big", "small");
        t["box"] = t["size"] == "big" ? t.One("door", "wall") : t.One("drawer", "box");
        t.Say("{day}, {name} needed a {thing}.");
        t.Say("{He<name>} remembered that the {family} had a {size} {color} one.");
        t.Say("So {name<name>} looked in the {room<thing>}.");
        t.Say("There, " + (t["size"] == "big" ? "at" : "in") + " the {box<size>}, {he<name>} found the {color<color>} {thing<thing>}.");
        t.Say("Now {he<name>} could use it for the {use<thing>}.");
        t.Say("{name<name>} thanked {his<name>} {family<family>} for the {thing<thing>}.");
    }

    private static void Hero(Telling t)
    {
        bool girl = t.One("girl", "boy") == "girl";
        t["name"] = t.One(girl ? s_girls : s_boys);
        (t["he"], t["him"], t["his"]) = girl ? ("she", "her", "her") : ("he", "him", "his");
        t["family"] = t.One(s_family);
        t["day"] = t.One(s_days);
        if (t.One("one", "two") == "one")
        {
            t["home"] = t.One("village", "town", "city", "valley");
            t.Say("{name} lived with {his<name>} {family} in [a small|a quiet|a little|an old] {home}.");
        }
        else
        {
            t.Say("{name} had [a nice|a good|a kind|an old] {family}.");
        }
    }

    private static string Article(string word) => word[0] is 'a' or 'e' ? "an" : "a";
}
