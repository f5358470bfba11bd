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
    /// The fit in R to the data frame <c>data</c>; None where the package is none that a machine is likely to have.
    Rival: string option
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
        Rival = Some(lmer formula criterion)
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

    let private ofResiduals name title formula data package rival (must, stretch) = {
        Name = name
        Title = title
        Data = data
        Groups = []
        Formula = formula
        Criterion = Criterion.Reml
        Package = package
        Rival = rival
        Must = must
        Stretch = stretch
    }

    let private unstructured =
        "y ~ base + c1 + c2 + c3 + arm * visit; residual = us(visit | id)"

    /// Structured residuals.
    let private residuals = [
        ofResiduals
            "un-1k"
            "unstructured residuals, 1 000 subjects × 10 visits, 12 % missing, 24 fixed effects, REML"
            unstructured
            (Datasets.visits 1_000 0.12)
            "glmmTMB"
            None
            (100.0, 200.0)
        ofResiduals
            "un-100k"
            "the same, 100 000 subjects"
            unstructured
            (Datasets.visits 100_000 0.12)
            "glmmTMB"
            None
            (100.0, 200.0)
        ofResiduals
            "ar1-5k"
            "AR(1) residuals, 5 000 subjects × 10, REML"
            "y ~ base + arm * t; residual = ar1(t | id)"
            (Datasets.visits 5_000 0.0)
            "nlme"
            (Some "gls(y ~ base + arm * t, data, correlation = corAR1(form = ~ t | id))")
            (50.0, 200.0)
        ofResiduals
            "ar1-lme"
            "random intercept and AR(1) residuals, 1 000 subjects × 10, REML"
            "y ~ base + arm * t + (1 | id); residual = ar1(t | id)"
            (Datasets.visits 1_000 0.0)
            "nlme"
            (Some "lme(y ~ base + arm * t, data, random = ~ 1 | id, correlation = corAR1(form = ~ t | id))")
            (50.0, 200.0)
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
                    Rival = Some "lme(strength ~ 1, data, random = ~ 1 | batch/cask)"
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
        @ residuals
