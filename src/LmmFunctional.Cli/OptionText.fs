namespace LmmFunctional.Cli

/// <summary>What the help says of options that several commands have.</summary>
[<RequireQualifiedAccess>]
module internal OptionText =

    let model =
        "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."

    let ml =
        "maximise the likelihood; without it the restricted likelihood (REML) is maximised."

    let weights =
        "the column of prior weights: residual variances are sigma^2 / weight."

    let residual =
        "the covariance of the residuals, such as \"us(visit | subject) per arm\"."

    let known =
        "NAME=FILE.csv: a matrix that known(NAME | g) refers to; may be repeated."

    let pedigree =
        "NAME=FILE.csv: a pedigree that known(NAME | animal) refers to; may be repeated."

    let fix =
        "NAME=VALUE: a covariance parameter that is known, such as \"g.(Intercept)=2\", Residual=4 or "
        + "Residual.rho=0.3; may be repeated."

    let bound =
        "NAME=LOWER..UPPER: the ends of a covariance parameter, such as Residual.rho=0..0.9; one end may be "
        + "left out; may be repeated."

    let start =
        "NAME=VALUE: where the search starts, such as Residual.range=10; it then has no other start; may be repeated."

    let test =
        "linear functions of the fixed effects, named or not: \"A - B: recipeA - recipeB; half: 1/2*x - 1/2*z = 3\"; "
        + "each is tested, and all of one --test together; may be repeated."

    let algorithm =
        "observed, expected or average information, EM or PX-EM; ai is the default."

    let convention =
        "whose Satterthwaite or Kenward-Roger: sas, sas-linear, pbkrtest, lmertest or mmrm."

    let differences =
        "where no exact test exists, subtract in the denominator instead of adding to the numerator."

    let jsonForTable = "print one line of JSON instead of the table."

    let jsonForTables = "print one line of JSON instead of the tables."

    let quiet = "show no progress on standard error."
