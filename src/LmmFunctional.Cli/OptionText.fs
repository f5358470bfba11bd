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

    let algorithm =
        "observed, expected or average information, EM or PX-EM; ai is the default."

    let convention =
        "whose Satterthwaite or Kenward-Roger: sas, sas-linear, pbkrtest, lmertest or mmrm."

    let differences =
        "where no exact test exists, subtract in the denominator instead of adding to the numerator."

    let jsonForTable = "print one line of JSON instead of the table."

    let jsonForTables = "print one line of JSON instead of the tables."

    let quiet = "show no progress on standard error."
