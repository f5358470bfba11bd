namespace LmmFunctional.Benchmarks

open LmmFunctional

/// <summary>A model and its data, to be fitted by us and by a rival.</summary>
[<NoComparison; NoEquality>]
type Case = {
    /// What the command line calls it.
    Name: string
    /// What the table calls it.
    Title: string
    /// Makes the data, writing to a folder where they are not a file yet.
    Data: string -> Dataset
    /// Grouping factors that are numbers in the file.
    Groups: string list
    Formula: string
    Criterion: Criterion
    /// The package of R.
    Package: string
    /// The fit in R to the data frame <c>data</c>.
    Rival: string
    /// How many times faster than the rival we must be.
    Must: float
    /// How many times faster we would like to be.
    Stretch: float
}

/// <summary>The cases of the comparison with R.</summary>
[<RequireQualifiedAccess>]
module Case =

    let private lmer formula criterion =
        let reml =
            match criterion with
            | Criterion.Reml -> "TRUE"
            | Criterion.Ml -> "FALSE"

        $"lmer({formula}, data, REML = {reml}, control = control)"

    let private ofLmer name title formula criterion groups data (must, stretch) = {
        Name = name
        Title = title
        Data = data
        Groups = groups
        Formula = formula
        Criterion = criterion
        Package = "lme4"
        Rival = lmer formula criterion
        Must = must
        Stretch = stretch
    }

    let private ofFile name title file formula criterion groups goals =
        ofLmer name title formula criterion groups (fun _ -> Datasets.ofFile file groups) goals

    let private pastes =
        ofFile
            "pastes"
            "Pastes, REML"
            "pastes.csv"
            "strength ~ 1 + (1 | batch/cask)"
            Criterion.Reml
            [ "batch"; "cask" ]
            (40.0, 80.0)

    let private instEval =
        ofFile
            "insteval"
            "InstEval, 3 terms, ML"
            "insteval.csv"
            "y ~ 1 + service + (1 | s) + (1 | d) + (1 | dept:service)"
            Criterion.Ml
            [ "s"; "d"; "dept" ]
            (20.0, 40.0)

    /// The cases on files, quick enough for repeated runs.
    let onFiles = [
        ofFile
            "sleepstudy"
            "sleepstudy, REML"
            "sleepstudy.csv"
            "Reaction ~ Days + (Days | Subject)"
            Criterion.Reml
            [ "Subject" ]
            (40.0, 80.0)
        ofFile
            "penicillin"
            "Penicillin, REML"
            "penicillin.csv"
            "diameter ~ 1 + (1 | plate) + (1 | sample)"
            Criterion.Reml
            []
            (40.0, 80.0)
        pastes
        instEval
    ]

    /// All cases, in the order of the table.
    let all =
        onFiles
        @ [
            {
                pastes with
                    Name = "pastes-lme"
                    Title = "Pastes, REML, against nlme"
                    Package = "nlme"
                    Rival = "lme(strength ~ 1, data, random = ~ 1 | batch/cask)"
            }
            ofLmer
                "crossed"
                "crossed, 1 000 000 rows, 6 040 × 3 706 levels, ML"
                "y ~ 1 + (1 | u) + (1 | m)"
                Criterion.Ml
                [ "u"; "m" ]
                (Datasets.ratings 1_000_000)
                (20.0, 40.0)
            ofLmer
                "slope-10k"
                "random slope, 10 000 groups × 10, REML"
                "y ~ x + (x | g)"
                Criterion.Reml
                [ "g" ]
                (Datasets.slopes 10_000)
                (100.0, 400.0)
            ofLmer
                "slope-100k"
                "random slope, 100 000 groups × 10, REML"
                "y ~ x + (x | g)"
                Criterion.Reml
                [ "g" ]
                (Datasets.slopes 100_000)
                (200.0, 800.0)
            ofLmer
                "vector"
                "crossed vector-valued terms, 20 parameters, like kb07, ML"
                "y ~ S * P * L + (1 + S + P + L | subj) + (1 + S + P + L | item)"
                Criterion.Ml
                [ "subj"; "item" ]
                Datasets.conditions
                (30.0, 90.0)
            ofLmer
                "factorial"
                "five crossed factors of 30 levels, a thousandth of the cells, REML"
                "y ~ 1 + (1 | a) + (1 | b) + (1 | c) + (1 | d) + (1 | e)"
                Criterion.Reml
                []
                Datasets.factorial
                (1.0, 5.0)
        ]
