namespace LmmFunctional.Tests

open LmmFunctional

/// <summary>One problem of each kind, whose messages are in docs/guides/errors.md.</summary>
[<RequireQualifiedAccess>]
module ErrorSamples =

    /// Files and data.
    let ofData = [
        LmmError.FileNotFound "sleep.csv"
        LmmError.UnreadableFile("sleep.csv", "Access to the path is denied.")
        LmmError.UnwritableFile("out/fit.json", "Could not find a part of the path.")
        LmmError.QueryFailed("PostgreSQL", "relation \"visits\" does not exist")
        LmmError.NoHeader "sleep.csv"
        LmmError.OtherSeparator("sleep.csv", "Reaction;Days;Subject", ';')
        LmmError.NoRows "sleep.csv"
        LmmError.RaggedRow("sleep.csv", 7, 3, 3, 4)
        LmmError.MalformedText("sleep.csv", 7, 3, "the quote is not closed.")
        LmmError.DuplicateColumn "Days"
        LmmError.UnnamedColumn("sleep.csv", 4)
        LmmError.UnequalLengths("Days", 180, 179)
        LmmError.UnsupportedType("Days", "System.Object")
        LmmError.StrayCells("dose", Some "log(dose)", [ ("<1", 12) ], 1)
        LmmError.AllMissing "Days"
        LmmError.NoCompleteRows 180
        LmmError.NoSuchLevel("arm", "Placebo", Some "placebo", [ "active"; "placebo" ])
        LmmError.LevelListedTwice("arm", "placebo")
        LmmError.LevelsLeftOut("arm", [ "active" ])
        LmmError.MoreProblems("sleep.csv", 12)
        LmmError.Others 3
    ]

    /// Saved models and sums of rows.
    let ofFiles = [
        LmmError.NoSavedModel "fit.json"
        LmmError.NewerSavedModel("fit.json", 2, 1)
        LmmError.DamagedSavedModel("fit.json", "the text does not have its SHA-256")
        LmmError.SavedModelDiffers("fit.json", 1743.6, 1751.2)
        LmmError.RefitNotSaved
        LmmError.SumsNeedRows "poly(Days, 2)"
        LmmError.SumsDiffer("the formula", "y ~ 1 + x", "y ~ 1 + z")
        LmmError.NotInSums "Days"
        LmmError.FitOfSums "Residuals"
    ]

    /// Formulas, and models that meet their data.
    let ofModels = [
        LmmError.FormulaSyntax(
            "Reaction ~ Days + (Days | Subject",
            33,
            "expected an operator or ')', but the text ends here"
        )
        LmmError.ConditionSyntax("Days >", 6, "expected a value, but the text ends here")
        LmmError.TwoResiduals
        LmmError.UnknownColumn("Reacton", Some "Reaction", [ "Reaction"; "Days"; "Subject" ])
        LmmError.UnknownFunction("lgo", Some "log")
        LmmError.WrongArguments("poly(Days, 12)", "degree 12 needs more than 12 different values, and there are 10.")
        LmmError.NotNumeric("arm", "log(arm)", Some("active", 1))
        LmmError.NotFinite("log(Days)", 1)
        LmmError.InfiniteValue("Days", 7)
        LmmError.HugeValue("exp(Days)", 7)
        LmmError.ConstantResponse "Reaction"
        LmmError.ResponseFitsExactly "Reaction"
        LmmError.TooFewRows(3, 4)
        LmmError.RowsExhausted(20, 20, "date", 19)
        LmmError.SingleLevel "arm"
        LmmError.NegativeWeight("w", 7, -1.0)
        LmmError.MissingWeight("w", 7)
        LmmError.TooLarge("The block engine", 90e9, 12e9)
    ]

    /// Random terms and covariance structures.
    let ofStructures = [
        LmmError.RepeatedTerm("(1 | Subject)", 2)
        LmmError.SingleGroup "site"
        LmmError.LevelPerRow("Days:Subject", 180)
        LmmError.TooManyRandomEffects("(Days | Subject:Day)", 200, 180)
        LmmError.EmptyRandomTerm "(0 | Subject)"
        LmmError.FixedAndRandom("(1 | Subject)", "Subject", "(Intercept)")
        LmmError.WithoutSubjects("us(visit)", "us(visit | subject)")
        LmmError.TooManyCoordinates("ar1(row + col)", 1, 2)
        LmmError.NuggetWithoutDistance "us(visit | subject)"
        LmmError.NotAlongVariable("ar1(1 + visit | subject)", "ar1(0 + visit | subject)")
        LmmError.NoEqualSteps("ar1(time | subject)", "time")
        LmmError.MissingLags("toep(week | subject)", "week", [ 3.0; 5.0 ])
        LmmError.RepeatedPosition(Some("subject", "P7"), "visit V2", (12, 15), 3)
        LmmError.VariesWithin("arm", "subject", "P7", ("active", 12), ("placebo", 15))
        LmmError.ZeroCovariate("varpower(dose)", 3)
        LmmError.MostlySeenOnce("us(date | subject)", "date", 120, 117)
        LmmError.SeenOnce("us(visit | subject)", "visit", "V9", None, 12)
        LmmError.LevelFitted("ident(site)", "site", "north", None, 2)
        LmmError.TooFewSubjects("us(visit | subject)", None, ("subject", 5), ("visit", 8), 9)
    ]

    /// Parameters that are held, bounded or started.
    let ofParameters = [
        LmmError.UnknownParameter("Subject.Intercept", Some "Subject.(Intercept)")
        LmmError.MissingParameters [ "Residual" ]
        LmmError.AmbiguousParameter "Subject.(Intercept)"
        LmmError.ParameterOutside("Residual.rho", 1.5, -1.0, 1.0)
        LmmError.HeldInPart([ "Subject.Days" ], [ "Subject.(Intercept)"; "Subject.Days.(Intercept)" ])
        LmmError.HeldImpossible [ "Subject.(Intercept)"; "Subject.Days"; "Subject.Days.(Intercept)" ]
        LmmError.NamedTwice("Residual", "Residual.sigma")
        LmmError.NoBound "Residual"
        LmmError.BoundsCrossed("Residual", 900.0, 400.0)
        LmmError.BoundOutside("Residual.rho", 2.0, -1.0, 1.0)
        LmmError.BoundInPart("Subject.Days", [ "Subject.(Intercept)" ])
        LmmError.HeldAndBounded "Residual"
        LmmError.StartOfHeld "Residual"
        LmmError.StartBeyondBound("Residual", 1000.0)
        LmmError.StartImpossible [ "Subject.(Intercept)"; "Subject.Days.(Intercept)" ]
    ]

    /// Pedigrees and known matrices.
    let ofRelationships = [
        LmmError.PedigreeLoop [ "a"; "b" ]
        LmmError.RepeatedAnimal("a", [ 3; 9 ])
        LmmError.UnnamedAnimal 4
        LmmError.DisguisedUnknown("unk", 40)
        LmmError.TooFewColumns("The pedigree", "animal, sire and dam", 2)
        LmmError.UnknownMatrix("B", Some "A", [ "A" ])
        LmmError.UnusedMatrix("A", [])
        LmmError.LevelsNotInMatrix("A", "animal", [ "a17" ], 1)
        LmmError.RepeatedLevel("The matrix", "a17")
        LmmError.NotSquare("The matrix", 5, 4, None)
        LmmError.NotSymmetric("The matrix", "a1", "a2", 0.5, 0.25)
        LmmError.NotPositiveDefinite("The matrix", false)
        LmmError.RepeatedElement("The matrix", "a1", "a2")
        LmmError.MissingElement("The matrix", 3)
    ]

    /// Tests, means, comparisons, intervals.
    let ofInference = [
        LmmError.UnknownChoice("adjustment", "tuckey", [ "none"; "tukey"; "holm" ])
        LmmError.NoConvention("residual", "sas")
        LmmError.UnknownCoefficient("Day", Some "Days")
        LmmError.HypothesisSyntax("Days = ", 7, "expected a number, but the text ends here")
        LmmError.NotEstimable("armactive:siteB", [ "armactive:siteB" ])
        LmmError.KenwardRogerNeedsReml
        LmmError.NoSubjects [ "subject"; "item" ]
        LmmError.NoMoments("related levels and structured residuals", false)
        LmmError.NotInModel("variable", "nitro", Some "nitroF", [ "Variety"; "nitroF" ])
        LmmError.AdjustmentDoesNotFit("tukey", "pairwise comparisons")
        LmmError.NoInverse "I(y^2 - y)"
        LmmError.UnknownFixedEffect("Day", Some "Days")
        LmmError.DifferentData("y ~ 1 + x", "y ~ 1 + x + z")
        LmmError.NotNested("y ~ 1 + x", "y ~ 1 + z", "its fixed effects do not hold x")
        LmmError.UnboundedLikelihood "y ~ 1 + (1 | g)"
        LmmError.NeedsUnrelated "A robust covariance"
        LmmError.TooFewRefits(1, 200)
        LmmError.ClustersShareEffects("subject", "item")
        LmmError.UnknownCluster("sit", [ "site" ])
        LmmError.OneCluster "country"
        LmmError.NoCluster [ "subject"; "item" ]
        LmmError.MissingCluster("site", 4)
    ]

    /// Predictions and charts.
    let ofPredictions = [
        LmmError.MissingInNewData("Days", [ 2 ], 1)
        LmmError.NewFactorLevels("arm", [ "high" ], [ "active"; "placebo" ])
        LmmError.NewGroupLevels("Subject", [ "401" ])
        LmmError.NewResidualPlaces "us(visit | subject)"
        LmmError.NothingToShow("caterpillar", "the model has no random effects.")
    ]

    /// Classical analysis.
    let ofClassical = [
        LmmError.CovarianceNotPositiveDefinite "The covariance"
        LmmError.CombinationNotEstimable "mu"
        LmmError.UnknownFactor("bacth", Some "batch")
        LmmError.NoLevels "A"
        LmmError.IncompleteDesign "cell (A1, B2) has no rows"
        LmmError.NotClassical "random slopes have no mean squares"
        LmmError.NoEmStep "its residuals have a structure"
    ]

    /// Every sample.
    let all =
        ofData
        @ ofFiles
        @ ofModels
        @ ofStructures
        @ ofParameters
        @ ofRelationships
        @ ofInference
        @ ofPredictions
        @ ofClassical
